import { describeChangeLog } from "./contract.ts";
import { newEmbeddedHome } from "./embedded-home.ts";
import { describeForgetting } from "./forgotten-contract.ts";

describeChangeLog("the embedded log", newEmbeddedHome);
describeForgetting("the embedded log", newEmbeddedHome);
