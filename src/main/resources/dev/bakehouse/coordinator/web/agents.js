// The agents that are connected, and what each does.

import { all, pageOf } from './api.js';
import { badge, between, el, show } from './dom.js';

export function agents(place) {
  const list = el('div');
  place.append(el('h1', {}, 'Agents'), list);
  return async () => {
    const found = await all('/agents');
    show(list, found.length === 0 ? el('p', {}, 'No agent is connected.') : table(found));
    return 3;
  };
}

function table(found) {
  return el('table', {},
    el('thead', {}, el('tr', {}, ['Agent', 'Machine', 'State', 'Job', 'Tags'].map((name) => el('th', {}, name)))),
    el('tbody', {}, found.map((agent) => el('tr', {},
      el('td', {}, agent.name),
      el('td', {}, agent.hostname),
      el('td', {}, badge(state(agent)), agent.paused && agent.paused_note ? ` ${agent.paused_note}` : null),
      el('td', {}, agent.job ? running(agent.job) : null),
      el('td', { class: 'tags' }, agent.meta_data.map((tag) => el('code', {}, tag)))))));
}

function state(agent) {
  if (agent.paused) return 'paused';
  if (agent.connection_state !== 'connected') return agent.connection_state;
  return agent.job ? 'busy' : 'idle';
}

function running(job) {
  const [, pipeline, number] = /\/pipelines\/([^/]+)\/builds\/(\d+)/.exec(job.build_url) ?? [];
  const name = job.name ?? job.step_key ?? job.command;
  return [el('a', { href: pageOf(pipeline, number, job.id) }, name), ` ${between(job.started_at, null)}`];
}
