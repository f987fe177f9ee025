import { describeChangeLog } from "./contract.ts";
import { newEmbeddedHome } from "./embedded-home.ts";

describeChangeLog("the embedded log", newEmbeddedHome);
