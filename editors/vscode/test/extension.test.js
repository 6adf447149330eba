"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { spawn } = require("node:child_process");
const { after, before, test } = require("node:test");
const rpc = require("vscode-languageserver-protocol/node");
const { documentSelector, serverCommand } = require("../command");

const ROOT = path.join(__dirname, "..", "..", "..");
const SPEC = `bnnc: 1
name: example
input: {shape: [28, 28, 1]}
layers:
  - {type: flatten}
  - {type: dense, units: 11}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
`;

let server;
let connection;
let capabilities;
const published = [];

before(async () => {
  const { command, args } = serverCommand(process.env.BNNC ?? "", [ROOT]);
  server = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  connection = rpc.createProtocolConnection(server.stdout, server.stdin);
  connection.onNotification(rpc.PublishDiagnosticsNotification.type, (one) => published.push(one));
  connection.listen();
  ({ capabilities } = await connection.sendRequest(rpc.InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: { notebookDocument: { synchronization: {} } },
  }));
  await connection.sendNotification(rpc.InitializedNotification.type, {});
});

after(async () => {
  await connection.sendRequest(rpc.ShutdownRequest.type);
  await connection.sendNotification(rpc.ExitNotification.type);
  const code = await new Promise((resolve) => server.once("exit", resolve));
  assert.strictEqual(code, 0);
});

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("the server offers what the client shows", () => {
  assert.strictEqual(capabilities.positionEncoding, "utf-16");
  assert.strictEqual(capabilities.hoverProvider, true);
  assert.ok(capabilities.definitionProvider);
  assert.ok(capabilities.inlayHintProvider);
  assert.deepStrictEqual(capabilities.codeActionProvider.codeActionKinds, [
    "quickfix",
    "source.fixAll.bnnc",
  ]);
  assert.ok(capabilities.notebookDocumentSync.notebookSelector.length);
});

test("findings, hover, completion and hints come in the client's own types", async () => {
  const uri = "file:///nowhere/spec.yaml";
  await connection.sendNotification(rpc.DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "yaml", version: 1, text: SPEC },
  });
  await until(() => published.length > 0);
  const [found] = published[0].diagnostics;
  assert.strictEqual(found.code, "BNN204");
  assert.ok(found.codeDescription.href.endsWith("/BNN204.md"));
  assert.ok(rpc.Diagnostic.is(found));
  const textDocument = { uri };
  const hover = await connection.sendRequest(rpc.HoverRequest.type, {
    textDocument,
    position: { line: 5, character: 18 },
  });
  assert.ok(rpc.Hover.is(hover));
  const list = await connection.sendRequest(rpc.CompletionRequest.type, {
    textDocument,
    position: { line: 5, character: 12 },
  });
  assert.ok(list.items.some((item) => item.label === "conv2d"));
  const hints = await connection.sendRequest(rpc.InlayHintRequest.type, {
    textDocument,
    range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
  });
  assert.deepStrictEqual(
    hints.map((one) => one.label),
    ["→ 784", "→ 11"],
  );
});

test("the command is that of the setting, of a folder's environment, or of the path", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bnnc-"));
  assert.strictEqual(serverCommand("", [folder]).command, "bnnc");
  const own = path.join(folder, ".venv", "bin", "bnnc");
  fs.mkdirSync(path.dirname(own), { recursive: true });
  fs.writeFileSync(own, "");
  assert.strictEqual(serverCommand("", [folder]).command, own);
  assert.strictEqual(serverCommand("/opt/bnnc", [folder]).command, "/opt/bnnc");
  assert.deepStrictEqual(serverCommand("", []).args, ["lsp"]);
  fs.rmSync(folder, { recursive: true });
});

test("scripts are sent unless they are switched off", () => {
  assert.ok(documentSelector(true).some((one) => one.language === "python"));
  assert.ok(!documentSelector(false).some((one) => one.language === "python"));
});
