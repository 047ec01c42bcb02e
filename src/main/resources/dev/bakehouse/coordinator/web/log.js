// A log as it comes: groups that open, colours, and lines that programs write over.

import { get } from './api.js';
import { el } from './dom.js';

/** Of a long log the end; `Whole log` has the rest. */
const TAIL = 2_000_000;
const MOST_LINES = 20_000;

/** The agent's own: what the job itself writes without headings stands below. */
const COMMANDS = /^~~~ Running (commands?|script|batch script)\b/;
const HEADING = /^(?:(---|\+\+\+|~~~) |\^\^\^ \+\+\+)/;
const OTHER = /\x1b_[^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b\[[0-9;:?<=>]*[@-ln-~]|\x1b[@-Z\\^-~]/g;

export class LogView {
  constructor(place, path) {
    this.place = place;
    this.path = path;
    this.next = 0;
    this.decoder = new TextDecoder();
    this.open = '';
    this.style = {};
    this.lines = 0;
    this.last = null;
    this.box = null;
    this.cut = null;
    this.gone = 0;
  }

  /** Adds what has come; says whether that is all there will be. */
  async renew() {
    const begun = this.next > 0;
    const follow = begun && window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
    for (;;) {
      const first = this.next === 0;
      const answer = await get(`${this.path}/log/part?from=${this.next}${first ? `&tail=${TAIL}` : ''}`);
      const bytes = await answer.arrayBuffer();
      const ended = answer.headers.get('Bakehouse-Ended') === 'true';
      if (bytes.byteLength === 0) {
        if (ended) this.settle();
        return ended;
      }
      const from = Number(answer.headers.get('Bakehouse-From'));
      this.next = Number(answer.headers.get('Bakehouse-Next'));
      let text = this.decoder.decode(bytes, { stream: true });
      if (first && from > 0) {
        this.leave(`The first ${from} bytes are left out; “Whole log” has all.`);
        text = text.slice(text.indexOf('\n') + 1);
      }
      this.add(text);
      if (follow) window.scrollTo(0, document.body.scrollHeight);
    }
  }

  add(text) {
    const parts = (this.open + text).split('\n');
    this.open = parts.pop();
    // What a program wrote over and over is gone.
    if (this.open.length > 65536) this.open = this.open.slice(-65536);
    const drawn = document.createDocumentFragment();
    this.last?.remove();
    this.last = null;
    parts.forEach((part) => this.line(part, drawn));
    (this.box ?? this.place).append(drawn);
    if (this.open) {
      const style = { ...this.style };
      this.last = this.rendered(this.open);
      this.style = style;
      (this.box ?? this.place).append(this.last);
    }
    const before = this.gone;
    while (this.lines > MOST_LINES && this.drop());
    if (this.gone > before) this.leave(`The first ${this.gone} lines shown are left out again; “Whole log” has all.`);
  }

  leave(text) {
    this.cut ??= el('p', { class: 'cut' });
    this.cut.textContent = text;
    this.place.prepend(this.cut);
  }

  settle() {
    if (this.open) this.add('\n');
  }

  /** @param drawn lines that are not in the page yet */
  line(text, drawn) {
    const plain = text.replace(OTHER, '').replace(/\x1b\[[0-9;:]*m/g, '');
    const heading = HEADING.exec(plain);
    if (!heading) {
      drawn.append(this.rendered(text));
      this.lines++;
      return;
    }
    (this.box ?? this.place).append(drawn);
    if (!heading[1]) {
      if (this.box) this.box.open = true;
      return;
    }
    this.style = {};
    this.lines++;
    const summary = this.rendered(text.replace(/(---|\+\+\+|~~~) /, ''), 'summary');
    const open = heading[1] === '+++' || COMMANDS.test(plain);
    this.box = el('details', { open, class: heading[1] === '~~~' ? 'muted' : '' }, summary);
    this.place.append(this.box);
  }

  /** The oldest line goes; false when there is none. */
  drop() {
    const line = this.place.querySelector('.line, summary');
    const box = line?.parentElement;
    // A heading stays as long as lines stand below it.
    const gone = line?.tagName === 'SUMMARY' && box.querySelector('.line') ? box.querySelector('.line') : line;
    if (!gone || gone === this.last) return false;
    if (gone.tagName !== 'SUMMARY') gone.remove();
    else if (box === this.box) return false;
    else box.remove();
    this.lines--;
    this.gone++;
    return true;
  }

  rendered(text, tag = 'div') {
    const line = el(tag, { class: tag === 'div' ? 'line' : '' });
    const whole = text.replace(/\r+$/, '');
    const begin = whole.lastIndexOf('\r') + 1;
    const seen = whole.slice(begin).replace(OTHER, '');
    // Colours hold on, also of what was written over.
    for (const found of whole.slice(0, begin).matchAll(/\x1b\[([0-9;:]*)m/g)) this.colour(found[1].split(/[;:]/).map(Number));
    let at = 0;
    for (const found of seen.matchAll(/\x1b\[([0-9;:]*)m/g)) {
      this.piece(line, seen.slice(at, found.index));
      this.colour(found[1].split(/[;:]/).map(Number));
      at = found.index + found[0].length;
    }
    this.piece(line, seen.slice(at));
    return line;
  }

  piece(line, text) {
    if (text === '') return;
    const { classes = [], fore, back } = this.style;
    if (classes.length === 0 && !fore && !back) {
      line.append(text);
      return;
    }
    const span = el('span', { class: classes.join(' ') }, text);
    if (fore) span.style.color = fore;
    if (back) span.style.backgroundColor = back;
    line.append(span);
  }

  /** Select Graphic Rendition, ECMA-48. */
  colour(codes) {
    const with_ = (prefix, name) => [...(this.style.classes ?? []).filter((c) => !c.startsWith(prefix)), ...(name ? [name] : [])];
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (code === 0) this.style = {};
      else if (code === 1) this.style.classes = with_('bold', 'bold');
      else if (code === 2) this.style.classes = with_('dim', 'dim');
      else if (code === 22) this.style.classes = with_('bold').filter((c) => c !== 'dim');
      else if (code === 3 || code === 23) this.style.classes = with_('italic', code === 3 && 'italic');
      else if (code === 4 || code === 24) this.style.classes = with_('under', code === 4 && 'under');
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) { this.style.classes = with_('fg', `fg${code}`); delete this.style.fore; }
      else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) { this.style.classes = with_('bg', `bg${code}`); delete this.style.back; }
      else if (code === 39) { this.style.classes = with_('fg'); delete this.style.fore; }
      else if (code === 49) { this.style.classes = with_('bg'); delete this.style.back; }
      else if (code === 38 || code === 48) {
        const [colour, used] = extended(codes.slice(i + 1));
        this.style[code === 38 ? 'fore' : 'back'] = colour;
        i += used;
      }
    }
  }
}

/** `5;N` of 256 colours, or `2;R;G;B`: the colour, and how many numbers it took. */
function extended([kind, ...rest]) {
  if (kind === 2) return [`rgb(${rest.slice(0, 3).map((n) => n & 255).join(',')})`, 4];
  if (kind !== 5) return [undefined, 1];
  const n = rest[0] & 255;
  if (n < 16) return [`var(--ansi${n})`, 2];
  if (n >= 232) return [`rgb(${Array(3).fill(8 + (n - 232) * 10).join(',')})`, 2];
  const level = (v) => (v ? 55 + v * 40 : 0);
  const cube = n - 16;
  return [`rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(',')})`, 2];
}
