/** The page has every field of the API's document, with its bounds and its default. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";
import { type Session, SessionContext } from "@/api/session";
import { Facts } from "@/pages/settings/facts";
import { FACTS, FIELDS, GROUPS } from "@/pages/settings/fields";
import { type Form, FormContext } from "@/pages/settings/form";
import { OWN } from "@/pages/settings/own";
import { PLAIN } from "@/pages/settings/sample";
import { Section } from "@/pages/settings/section";
import { Notices } from "@/ui/notices";
import openapi from "../../../openapi.json";

interface Shape {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  anyOf?: Shape[];
}

const SHAPES = openapi.components.schemas.GatewayObject.properties as Record<string, Shape>;
const NAMES = Object.keys(SHAPES).sort();

/** Without null, which is one of two. */
const plain = (shape: Shape): Shape => shape.anyOf?.find((one) => one.type !== "null") ?? shape;
const isNullable = (shape: Shape): boolean => shape.anyOf?.some((one) => one.type === "null") ?? false;

test("every property of a gateway is a setting or a fact, once", () => {
  const shown = [...FIELDS.map((field) => field.name), ...FACTS.map(([name]) => name)];
  expect([...shown].sort()).toEqual(NAMES);
});

test.each(FIELDS.map((field) => [field.name, field] as const))(
  "%s has the document's default and bounds",
  (name, field) => {
    const shape = SHAPES[name] as Shape;
    expect(field.initial).toEqual(shape.default);
    const { enum: words, minimum, maximum, minLength, maxLength } = plain(shape);
    if (field.kind === "switch") expect(plain(shape).type).toBe("boolean");
    if (field.kind === "whole" || field.kind === "seconds") {
      expect([field.least, field.most]).toEqual([minimum, maximum]);
    }
    if (field.kind === "choice") {
      expect(field.options.map(([word]) => word).sort()).toEqual(words);
      expect(Boolean(field.none)).toBe(isNullable(shape));
    }
    if (field.kind === "text") expect([field.least, field.most]).toEqual([minLength, maxLength]);
    if (field.kind === "own") expect(OWN[name]).toBeDefined();
    expect(field.about.length).toBeGreaterThan(20);
  },
);

const FORM: Form = {
  base: PLAIN,
  draft: PLAIN,
  changes: {},
  problems: new Map(),
  hints: new Map(),
  isReadOnly: false,
  set: () => undefined,
};
const SESSION: Session = {
  user: { id: "1", name: "ada", display_name: null, email: null, role: "owner", source: "password" },
  account_id: PLAIN.account_id,
  gateway_id: "default",
  url: "http://127.0.0.1:8787",
  version: "0",
  expires_at: "",
  needs_user: false,
};

function page(form: Form): string {
  const sections = [
    ...GROUPS.map((group) => createElement(Section, { key: group.id, group })),
    createElement(Facts, { key: "facts" }),
  ];
  const inForm = createElement(FormContext, { value: form }, ...sections);
  const signedIn = createElement(SessionContext, { value: SESSION }, inForm);
  const inApp = createElement(MemoryRouter, null, createElement(Notices, null, signedIn));
  return renderToStaticMarkup(createElement(QueryClientProvider, { client: new QueryClient() }, inApp));
}

test("every property stands on the page, with a control where it can be set", () => {
  const html = page(FORM);
  const shown = [...html.matchAll(/data-field="(\w+)"/g)].map((match) => match[1] ?? "");
  expect(shown.sort()).toEqual(NAMES);
  for (const field of FIELDS) {
    if (field.kind === "own" && GROUPS.at(-1)?.fields.includes(field)) continue;
    const row = html.slice(html.indexOf(`data-field="${field.name}"`)).split('data-field="')[1] ?? "";
    expect(row, field.name).toMatch(/<(?:input|select|textarea|button)/);
  }
});

test("who may only look finds nothing to press or to type into", () => {
  const html = page({ ...FORM, isReadOnly: true });
  const controls = [...html.matchAll(/<(?:input|select|textarea|button)\b[^>]*>/g)].map((match) => match[0]);
  const open = controls.filter((one) => !one.includes('disabled=""') && !one.includes('aria-hidden="true"'));
  // What can be copied is for everybody.
  expect(open.filter((one) => one.startsWith("<button")).length).toBe(2);
  expect(open.filter((one) => !one.startsWith("<button"))).toEqual([]);
});
