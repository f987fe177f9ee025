import fc from "fast-check";

/** Left to itself, fast-check draws ten elements at most, whatever a property says that there may be. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true });
