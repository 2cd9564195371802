/** A problem with an IPC line; the message becomes the dead letter's reason. */
export class IpcFault extends Error {}
