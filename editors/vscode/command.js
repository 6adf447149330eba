"use strict";

const fs = require("node:fs");
const path = require("node:path");

// Where a virtual environment of a folder has its commands.
const ENVIRONMENTS = [".venv", "venv"];

/**
 * The command that starts the server: the one that is set, that of a virtual environment of an open
 * folder, or the one on the path.
 *
 * @param {string} setting the setting `bnnc.path`; empty if it is not set
 * @param {string[]} folders the open folders, whose environments may be used
 * @returns {{command: string, args: string[]}}
 */
function serverCommand(setting, folders) {
  const found = folders
    .flatMap((folder) => ENVIRONMENTS.map((name) => path.join(folder, name, "bin", "bnnc")))
    .find((file) => fs.existsSync(file));
  return { command: setting || found || "bnnc", args: ["lsp"] };
}

/**
 * The documents that the server is sent.
 *
 * @param {boolean} scripts whether Python is among them
 */
function documentSelector(scripts) {
  const languages = ["yaml", "json", "jsonc", ...(scripts ? ["python"] : [])];
  const selector = languages.flatMap((language) =>
    ["file", "untitled"].map((scheme) => ({ scheme, language })),
  );
  return scripts
    ? [...selector, { notebook: "jupyter-notebook", language: "python" }]
    : selector;
}

module.exports = { serverCommand, documentSelector };
