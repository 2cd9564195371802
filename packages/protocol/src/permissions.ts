/** What a user may do. A role is a set of these; `admin` holds all. */
export const PERMISSIONS = {
  admin: "Everything",
  "cluster.view": "See the cluster, its hosts and instances",
  "host.create-token": "Make tokens that let hosts join",
  "instance.create": "Create instances and upload saves",
  "instance.delete": "Delete instances with their saves",
  "instance.start": "Start instances",
  "instance.stop": "Stop and kill instances",
  "instance.send-rcon": "Send console commands to instances",
  "instance.log": "Read the logs of instances",
  "save.read": "Download saves",
  "save.write": "Create, upload, copy and rename saves",
  "save.delete": "Delete saves",
  "plugin.configure": "Change the settings of plugins",
  "user.create-sign-in-link": "Make sign-in links and API tokens for users",
} as const;

/** Plugins add their own as `<plugin>:<permission>`. */
export type Permission = keyof typeof PERMISSIONS | `${string}:${string}`;
