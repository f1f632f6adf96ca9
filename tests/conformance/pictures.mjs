// Draws every picture of a JSON file with the real Graphviz, and reads it with the real Mermaid.
// node pictures.mjs CASES.json RESULTS.json
import { readFileSync, writeFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const page = new JSDOM("<!DOCTYPE html><body></body>");
globalThis.window = page.window;
globalThis.document = page.window.document;
const { default: mermaid } = await import("mermaid");
const { Graphviz } = await import("@hpcc-js/wasm-graphviz");

const graphviz = await Graphviz.load();
mermaid.initialize({ startOnLoad: false, suppressErrorRendering: true });

async function drawn({ dot, mermaid: text }) {
  const result = {};
  try {
    result.svg = graphviz.dot(dot);
  } catch (error) {
    result.refused = `Graphviz: ${error}`;
    return result;
  }
  try {
    result.document = (await mermaid.mermaidAPI.getDiagramFromText(text)).db.rootDoc;
  } catch (error) {
    result.refused = `Mermaid: ${error}`;
  }
  return result;
}

const results = [];
for (const one of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  results.push(await drawn(one));
}
writeFileSync(process.argv[3], JSON.stringify(results));
console.log(`Graphviz ${graphviz.version()}, ${results.length} pictures`);
