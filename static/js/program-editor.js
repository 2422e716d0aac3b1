/* The editor for Python that takes a textarea's place: CodeMirror in a shadow root, where its styles need no leave of the page's policy.
   Colours and fonts are the page's own, by custom properties. Tab is left to the browser, so the editor can be left with it. */

import {
  Decoration, EditorState, EditorView, HighlightStyle, StateEffect, StateField, WidgetType, bracketMatching, defaultKeymap, drawSelection,
  highlightActiveLine, history, historyKeymap, indentOnInput, indentUnit, keymap, lineNumbers, python, syntaxHighlighting, tags,
} from "../vendor/codemirror-6.43.15.js";

const plum = share => `color-mix(in oklab, var(--f-plum) ${share}%, transparent)`;
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: ".8125rem", maxBlockSize: "38rem" },
  "&.cm-focused": { outline: "2.5px solid var(--focus)", outlineOffset: "-3px" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.6" },
  ".cm-content": { paddingBlock: ".75rem", caretColor: "var(--ink)" },
  ".cm-line": { paddingInline: ".625rem 1rem" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minInlineSize: "2.25rem", paddingInline: ".5rem .375rem", fontSize: ".75rem", lineHeight: "1.7333" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--sunken) 70%, transparent)" },
  ".cm-cursor": { borderInlineStart: "2px solid var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark)", outline: "1px solid var(--edge)" },
  ".cm-failed": { backgroundColor: plum(16), boxShadow: "inset 3px 0 0 var(--f-plum)" },
  ".cm-why": { padding: ".25rem 1rem .375rem .625rem", backgroundColor: plum(16), boxShadow: "inset 3px 0 0 var(--f-plum)", color: "var(--ink)", fontFamily: "var(--font-ui)", overflowWrap: "anywhere" },
});

/* As the listings have it: see css/code.css. */
const hues = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null, tags.meta], color: "var(--c-keyword)", fontWeight: "560" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], fontWeight: "640" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--c-string)" },
  { tag: tags.number, color: "var(--c-number)" },
  { tag: tags.comment, color: "var(--c-comment)", fontStyle: "italic" },
  { tag: [tags.operator, tags.punctuation, tags.bracket], color: "var(--ink-2)" },
]);

class Why extends WidgetType {
  constructor(message) {
    super();
    this.message = message;
  }

  eq(other) {
    return other.message === this.message;
  }

  toDOM() {
    return Object.assign(document.createElement("div"), { className: "cm-why", id: "why", textContent: this.message });
  }
}

const failed = StateEffect.define();
const failure = StateField.define({
  create: () => Decoration.none,
  update(marks, { changes, effects, state }) {
    const told = effects.find(effect => effect.is(failed));
    if (!told) return marks.map(changes);
    const { line, message } = told.value;
    if (!line) return Decoration.none;
    const { from, to } = state.doc.line(Math.min(line, state.doc.lines));
    return Decoration.set([
      Decoration.line({ class: "cm-failed" }).range(from),
      Decoration.widget({ widget: new Why(message), block: true, side: 1 }).range(to),
    ]);
  },
  provide: field => [
    EditorView.decorations.from(field),
    EditorView.contentAttributes.of(view => (view.state.field(field).size ? { "aria-invalid": "true", "aria-describedby": "why" } : {})),
  ],
});

/* Left to the browser, typing over coloured text makes it write a `style` into the text, which the page's policy refuses aloud. */
const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || event.isComposing || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/* Gives {focus, replace(text), mark(line, message)}; `change` is told every new text, `run` that Ctrl or Cmd with Enter was pressed. */
export function mount(place, { text, caret, label, change, run }) {
  const host = document.createElement("div");
  place.append(host);
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      selection: { anchor: Math.min(caret, text.length) },
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), indentUnit.of("    "), EditorState.tabSize.of(4), bracketMatching(),
        highlightActiveLine(), python(), syntaxHighlighting(hues), look, failure, typing, EditorView.lineWrapping,
        keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", autocapitalize: "off", spellcheck: "false" }),
        EditorView.updateListener.of(update => update.docChanged && change(update.state.doc.toString())),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    replace: all => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: all } }),
    mark(line, message) {
      view.dispatch({ effects: failed.of({ line, message }) });
      if (line) host.scrollIntoView({ block: "nearest" });
    },
  };
}
