"use strict";

// Draws /openapi.json. Everything is made with createElement and textContent: no text of the document is ever read as HTML.

const methods = ["get", "post", "put", "patch", "delete"];
let root;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat(Infinity).filter((child) => child != null));
  return element;
}

// Descriptions use backticks and blank lines, nothing else of Markdown.
function prose(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((paragraph) =>
    make("p", {}, paragraph.split("`").map((part, index) =>
      index % 2 ? make("code", {}, part) : part)));
}

function resolve(value) {
  while (value?.$ref) value = value.$ref.slice(2).split("/").reduce((here, key) => here[key], root);
  return value;
}

function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return make("a", { href: `#schema-${name}` }, name);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  const parts = schema.oneOf ?? schema.anyOf;
  if (parts) {
    const names = parts.flatMap((part, index) => index ? [" or ", typeName(part)] : [typeName(part)]);
    return make("span", {}, names);
  }
  if (schema.type === "array") return make("span", {}, "array of ", typeName(schema.items));
  if (schema.type === "object" && schema.properties) return "object";
  const type = [schema.type ?? "any"].flat().join(" or ");
  const bounds = schema.maxLength === 0 ? " (empty)" : "";
  return schema.format ? `${type} (${schema.format})` : type + bounds;
}

function row(name, required, schema, description) {
  return make("tr", {},
    make("td", {}, make("code", {}, name), required ? " required" : ""),
    make("td", {}, make("div", { class: "quiet" }, typeName(schema)), prose(description ?? resolve(schema)?.description)));
}

// The properties of an object, those of allOf included.
function fields(schema) {
  schema = resolve(schema);
  const parts = [schema, ...(schema.allOf ?? []).map(resolve)];
  const required = new Set(parts.flatMap((part) => part.required ?? []));
  const rows = parts.flatMap((part) => Object.entries(part.properties ?? {}))
    .map(([name, inner]) => row(name, required.has(name), inner, inner.description));
  return rows.length ? make("table", {}, make("tbody", {}, rows)) : null;
}

function example(media) {
  if (media?.example === undefined) return null;
  const text = typeof media.example === "string" ? media.example : JSON.stringify(media.example, null, 2);
  return make("pre", {}, make("code", {}, text));
}

function body(operation) {
  const request = resolve(operation.requestBody);
  if (!request) return [];
  const [type, media] = Object.entries(request.content)[0];
  return [
    make("h4", {}, `Body, ${type}${request.required ? "" : ", optional"}`),
    ...prose(request.description), fields(media.schema), example(media)];
}

function answer([status, response]) {
  response = resolve(response);
  const contents = Object.entries(response.content ?? {});
  const headers = Object.entries(response.headers ?? {})
    .map(([name, header]) => row(name, resolve(header).required, resolve(header).schema, resolve(header).description));
  const open = status.startsWith("2") ? { open: "" } : {};
  return make("details", open,
    make("summary", {}, make("code", {}, status), " ", response.description),
    contents.map(([type, media]) => [make("p", { class: "quiet" }, type, " ", typeName(media.schema)), example(media)]),
    headers.length ? make("details", {}, make("summary", {}, "Headers"), make("table", {}, make("tbody", {}, headers))) : null);
}

function card(path, item, method) {
  const operation = item[method];
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  return make("article", { id: operation.operationId },
    make("h3", {}, operation.summary),
    make("div", { class: "route" }, make("span", { class: `method ${method}` }, method.toUpperCase()), make("code", {}, path)),
    prose(operation.description),
    operation.security?.length === 0 ? make("p", { class: "quiet" }, "Without a credential.") : null,
    parameters.length ? make("h4", {}, "Parameters") : null,
    parameters.length ? make("table", {}, make("tbody", {},
      parameters.map((p) => row(p.in === "query" ? p.name : `${p.name} (${p.in})`, p.required, p.schema, p.description)))) : null,
    body(operation),
    make("h4", {}, "Answers"),
    Object.entries(operation.responses).sort(([a], [b]) => a.localeCompare(b)).map(answer));
}

function draw() {
  const main = document.getElementById("main");
  const index = document.getElementById("index");
  main.append(make("h1", {}, root.info.title), ...prose(root.info.summary), ...prose(root.info.description),
    make("p", {}, "The document itself: ", make("a", { href: "/openapi.json" }, "/openapi.json")));
  main.append(make("h2", {}, "Credentials"), make("table", {}, make("tbody", {},
    Object.values(root.components.securitySchemes).map((scheme) =>
      row(scheme.in ? `${scheme.name} (${scheme.in})` : `Authorization: ${scheme.scheme}`, false, null, scheme.description)))));
  for (const tag of root.tags) {
    const cards = [];
    for (const [path, item] of Object.entries(root.paths)) {
      for (const method of methods) if (item[method]?.tags.includes(tag.name)) cards.push(card(path, item, method));
    }
    main.append(make("h2", {}, tag.name), ...prose(tag.description), ...cards);
    index.append(make("section", {}, make("h2", {}, tag.name), make("ul", {}, cards.map((element) =>
      make("li", {}, make("a", { href: `#${element.id}` },
        element.querySelector(".method").cloneNode(true), element.querySelector("h3").textContent))))));
  }
  main.append(make("h2", {}, "Schemas"));
  for (const [name, schema] of Object.entries(root.components.schemas)) {
    main.append(make("article", { id: `schema-${name}` }, make("h3", {}, name), ...prose(schema.description), fields(schema) ?? ""));
  }
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const link of document.querySelectorAll("#index a")) {
    const card = document.getElementById(link.hash.slice(1));
    const subject = (link.textContent + " " + card.querySelector("code").textContent).toLowerCase();
    link.parentElement.hidden = !words.every((word) => subject.includes(word));
  }
}

document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
fetch("/openapi.json")
  .then((response) => response.json())
  .then((json) => { root = json; draw(); })
  .catch(() => document.getElementById("main").append(make("p", {}, "The document could not be read.")));
