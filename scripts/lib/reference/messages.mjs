import { code, GENERATED, shapeOf, table } from "./tables.mjs";

export function messagesPage({ protocol, plugins, comments }) {
  const groups = groupByNoun(protocol.CORE_MESSAGES);
  const core = [...groups].map(
    ([noun, messages]) =>
      `## ${noun}\n\n${messages.map((message) => section(message, comments)).join("\n\n")}`,
  );
  const permissions = Object.entries(protocol.PERMISSIONS).map(([name, text]) => [code(name), text]);
  return `# Messages

${GENERATED}

What peers say to each other over links. _From_ names who may send a message besides the controller, which may send any.
A control (the panel, \`switchyardctl\`, your own program) needs the permission as well.

${core.join("\n\n")}

## Messages of plugins

${plugins.map((plugin) => pluginSection(plugin, comments)).join("\n\n")}

## Permissions

${table(["permission", "lets a user"], permissions)}
`;
}

function groupByNoun(messages) {
  const groups = new Map();
  for (const message of [...messages].sort((a, b) => a.name.localeCompare(b.name))) {
    const noun = message.name.split(".")[0];
    groups.set(noun, [...(groups.get(noun) ?? []), message]);
  }
  return groups;
}

function section(message, comments) {
  const said = comments[message.name] ? `${comments[message.name]}\n\n` : "";
  return `### ${message.name}\n\n${said}${table(["", ""], facts(message))}`;
}

function facts(message) {
  const from = message.from.join(", ") || "controller";
  const rows = [["way", `${message.kind}, from ${from} to ${message.to}`]];
  if (message.permission) rows.push(["permission", code(message.permission)]);
  if (message.kind === "event") rows.push(["payload", code(shapeOf(message.payload))]);
  else rows.push(["params", code(shapeOf(message.params))], ["result", code(shapeOf(message.result))]);
  return rows;
}

function pluginSection(plugin, comments) {
  const messages = (plugin.messages ?? []).map((message) => section(message, comments));
  const channels = (plugin.channels ?? []).map((channel) => [
    code(channel.name),
    `channel ${channel.direction}`,
    code(shapeOf(channel.payload)),
  ]);
  const streams = (plugin.streams ?? []).map((stream) => [
    code(stream.name),
    `stream, keeps ${stream.keepEntries}`,
    code(shapeOf(stream.payload)),
  ]);
  const rest = [...channels, ...streams];
  return [...messages, ...(rest.length > 0 ? [table(["name", "kind", "payload"], rest)] : [])].join("\n\n");
}
