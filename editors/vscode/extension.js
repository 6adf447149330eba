"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { documentSelector, serverCommand } = require("./command");

/** @type {LanguageClient | undefined} */
let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("bnnc");
  const folders = vscode.workspace.isTrusted
    ? (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath)
    : [];
  const server = serverCommand(settings.get("path", ""), folders);
  client = new LanguageClient("bnnc", "bnnc", server, {
    documentSelector: documentSelector(settings.get("scripts", true)),
    synchronize: {
      // What specs extend may be written elsewhere.
      fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{yaml,yml,json}"),
    },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const words = `bnnc: ${server.command} does not start: ${error.message}. `;
    const open = "Open the settings";
    const chosen = await vscode.window.showErrorMessage(
      `${words}Install it with "pip install 'bnnc[lsp]'", or set bnnc.path.`,
      open,
    );
    if (chosen === open) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "bnnc.path");
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.dispose();
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("bnnc.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const settings = ["bnnc.path", "bnnc.scripts"];
      if (settings.some((name) => event.affectsConfiguration(name))) restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
