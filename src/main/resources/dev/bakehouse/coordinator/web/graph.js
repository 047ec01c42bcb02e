// Steps as a graph, from left to right: each behind all it waits for.

import { pageOf } from './api.js';
import { title } from './build.js';
import { el, svg } from './dom.js';

const MOST = 160;
const WIDE = 170;
const HIGH = 34;
const GAP = 46;

/** @param rows of `/steps`  @param jobs of the build, every attempt */
export function graph(rows, jobs, pipeline, number) {
  const groups = new Map(rows.filter((row) => row.type === 'group').map((row) => [row.id, row]));
  let nodes = members(rows, groups);
  // Of very many the groups stand for their steps.
  if (nodes.length > MOST) nodes = folded(nodes, groups);
  if (nodes.length === 0) return null;
  if (nodes.length > MOST) return el('p', {}, `The build has ${nodes.length} steps, too many to draw.`);
  const last = new Map(jobs.filter((job) => !job.retried).map((job) => [job.id, job]));
  const levels = layers(nodes);
  const high = Math.max(...levels.map((level) => level.length)) * GAP;
  const picture = svg('svg', { width: levels.length * (WIDE + GAP), height: high, role: 'img', 'aria-label': 'Steps' });
  const places = new Map();
  levels.forEach((level, x) => level.forEach((node, y) => places.set(node.id, { x: x * (WIDE + GAP) + 4, y: y * GAP + 6 })));
  for (const node of nodes) {
    const to = places.get(node.id);
    for (const need of node.needs) {
      const from = places.get(need);
      const [a, b] = [from.x + WIDE, to.x];
      const d = `M${a} ${from.y + HIGH / 2} C${a + GAP / 2} ${from.y + HIGH / 2} ${b - GAP / 2} ${to.y + HIGH / 2} ${b} ${to.y + HIGH / 2}`;
      picture.append(svg('path', { d }));
    }
  }
  for (const node of nodes) picture.append(box(node, places.get(node.id), node.jobs.map((id) => last.get(id)).filter(Boolean), pipeline, number));
  return picture;
}

/** Steps without the groups: who waits for a group waits for all of it, and a group's members for what it waits for. */
function members(rows, groups) {
  const of = (id) => (groups.has(id) ? rows.filter((row) => row.group === id).map((row) => row.id) : [id]);
  const steps = new Set(rows.filter((row) => !groups.has(row.id)).map((row) => row.id));
  return rows.filter((row) => steps.has(row.id)).map((row) => {
    const needs = [...row.needs, ...(row.group ? groups.get(row.group).needs : [])];
    return { ...row, needs: [...new Set(needs.flatMap(of))].filter((id) => steps.has(id) && id !== row.id) };
  });
}

function folded(nodes, groups) {
  const above = (id) => nodes.find((node) => node.id === id)?.group ?? id;
  const all = new Map();
  for (const node of nodes) {
    const id = node.group ?? node.id;
    const one = all.get(id) ?? { ...(groups.get(id) ?? node), needs: [], jobs: [] };
    one.needs = [...new Set([...one.needs, ...node.needs.map(above)])].filter((need) => need !== id);
    one.jobs = [...one.jobs, ...node.jobs];
    all.set(id, one);
  }
  return [...all.values()];
}

/** In each only what waits for something in the one before, and in the order of the mean of what it waits for. */
function layers(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depth = new Map();
  const deep = (node, seen = new Set()) => {
    if (!depth.has(node.id)) {
      if (seen.has(node.id)) return 0;
      seen.add(node.id);
      depth.set(node.id, Math.max(-1, ...node.needs.map((id) => deep(byId.get(id), seen))) + 1);
    }
    return depth.get(node.id);
  };
  const levels = [];
  for (const node of nodes) (levels[deep(node)] ??= []).push(node);
  const found = Array.from(levels, (level) => level ?? []).filter((level) => level.length > 0);
  const row = new Map();
  found.forEach((level) => {
    const mean = (node) => node.needs.reduce((sum, id) => sum + (row.get(id) ?? 0), 0) / Math.max(1, node.needs.length);
    level.sort((a, b) => mean(a) - mean(b));
    level.forEach((node, y) => row.set(node.id, y));
  });
  return found;
}

function state(jobs) {
  const all = jobs.map((job) => (job.soft_failed ? 'soft_failed' : job.state));
  for (const first of ['failed', 'timed_out', 'waiting_failed', 'blocked_failed', 'unblocked_failed', 'running', 'assigned', 'accepted', 'canceling', 'timing_out', 'canceled', 'blocked', 'scheduled', 'limited', 'waiting', 'soft_failed', 'passed']) {
    if (all.includes(first)) return first;
  }
  return all[0] ?? 'none';
}

function box(node, at, jobs, pipeline, number) {
  const text = jobs.length === 1 ? title(jobs[0]) : node.label ?? node.key ?? (jobs.length ? title(jobs[0]) : node.type);
  const done = jobs.filter((job) => job.finished_at).length;
  const shown = text.length > 20 ? `${text.slice(0, 19)}…` : text;
  const made = svg('a', {
    href: pageOf(pipeline, number, jobs.length === 1 ? jobs[0].id : null),
    class: `step ${state(jobs)}`, transform: `translate(${at.x} ${at.y})` },
  svg('rect', { width: WIDE, height: HIGH, rx: 5 }),
  svg('text', { x: 10, y: 22 }, jobs.length > 1 ? `${shown.slice(0, 14)} ${done}/${jobs.length}` : shown),
  svg('title', {}, `${text}: ${state(jobs)}`));
  return made;
}
