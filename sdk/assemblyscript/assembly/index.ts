// The guest library of lunatic for AssemblyScript.
export * from "./process";
export * from "./pack";
export * from "./net";
export * from "./supervisor";
export * from "./system";
