/** This program's version; a test keeps it equal to package.json. Reading that file would cost every start. */
export const VERSION = "0.1.0";
