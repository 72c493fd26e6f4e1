'use strict';

// Shows what the API says, and asks it again every two seconds while somebody looks. All of it is text that others wrote: it goes into the page
// as textContent, never as markup. Only so many rows are drawn; filtering and paging are the server's.

const POLL_MS = 2000;
const FIRST_POLL_MS = 1000; // the first rates need two looks
const PATIENCE_MS = 10000;
const HISTORY = 60;
const SHORTEST_HISTORY = 15;
const PAGE = 25;
const MOST = 400;

const $ = id => document.getElementById(id);
const limits = { problems: 12, services: PAGE, routes: PAGE, certificates: PAGE };
let token = sessionStorage.getItem('token') ?? '';
let filter = '';
let timer = 0;
let looking = null;

// ---- making elements

function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === 'class') made.className = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined && child !== ''));
  return made;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const badge = (text, kind) => el('span', { class: `badge ${kind ?? ''}` }, text);

/** Keeps rows whose key is still there, so that focus, selection and what is folded open survive a look. */
function draw(container, items, keyOf, create) {
  const known = container.drawn ??= new Map();
  const rows = new Map();
  let place = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (rows.has(key)) continue;
    const row = known.get(key) ?? create(key);
    rows.set(key, row);
    row.update(item);
    if (row.element === place) place = place.nextElementSibling;
    else container.insertBefore(row.element, place);
  }
  for (const [key, row] of known) {
    if (!rows.has(key)) row.element.remove();
  }
  container.drawn = rows;
}

// ---- numbers

function count(value) {
  if (value < 10000) return String(Math.round(value));
  return value < 1e6 ? `${(value / 1e3).toFixed(1)}k` : `${(value / 1e6).toFixed(1)}M`;
}

function rate(value) {
  if (value === undefined) return '–';
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

function bytes(value) {
  if (value === undefined) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit++; }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}/s`;
}

function milliseconds(value) {
  if (value === undefined) return '–';
  return value < 1000 ? `${value < 10 ? value.toFixed(1) : Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function age(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
}

const plural = (number, word) => `${count(number)} ${word}${number === 1 ? '' : 's'}`;

/** Turns counters into rates, and remembers the last ones. A counter that fell back means another process: it begins anew. */
class Meter {
  history = [];
  look(now, counters) {
    const before = this.before;
    this.before = { now, counters };
    const seconds = before ? (now - before.now) / 1000 : 0;
    if (!before || seconds < 0.2 || Object.keys(counters).some(key => counters[key] < before.counters[key])) return this.rates = {};
    this.rates = Object.fromEntries(Object.keys(counters).map(key => [key, (counters[key] - before.counters[key]) / seconds]));
    return this.rates;
  }
  remember(value) {
    this.history.push(value);
    if (this.history.length > HISTORY) this.history.shift();
  }
}

// ---- sparklines

const SVG = 'http://www.w3.org/2000/svg';

class Sparkline {
  constructor() {
    this.element = document.createElementNS(SVG, 'svg');
    this.element.setAttribute('viewBox', '0 0 60 22');
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('aria-hidden', 'true'); // the number beside it says the same
    this.area = this.element.appendChild(document.createElementNS(SVG, 'path'));
    this.area.setAttribute('class', 'area');
    this.line = this.element.appendChild(document.createElementNS(SVG, 'path'));
    this.line.setAttribute('class', 'spark');
  }
  update(history) {
    const most = Math.max(...history.filter(value => value !== undefined), 1e-9);
    const step = 60 / Math.max(history.length, SHORTEST_HISTORY);
    let line = '', area = '', open = false, last = 0;
    history.forEach((value, i) => {
      const x = (60 - (history.length - i - 0.5) * step).toFixed(1);
      if (value === undefined) {
        if (open) area += `L${last} 22Z`;
        open = false;
        return;
      }
      const y = (20.5 - value / most * 18).toFixed(1);
      line += `${open ? 'L' : 'M'}${x} ${y}`;
      area += open ? `L${x} ${y}` : `M${x} 22L${x} ${y}`;
      open = true;
      last = x;
    });
    this.line.setAttribute('d', line);
    this.area.setAttribute('d', area + (open ? `L${last} 22Z` : ''));
  }
}

// ---- the API

class Unauthorized extends Error {}

async function ask(path, options) {
  const response = await fetch(path, {
    ...options,
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: 'no-store',
  });
  if (response.status === 401) throw new Unauthorized();
  if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`);
  return response.json();
}

function list(name) {
  const query = new URLSearchParams({ first: 'trouble', limit: limits[name] });
  if (filter) query.set('q', filter);
  return ask(`/api/v1/${name}?${query}`);
}

async function look() {
  clearTimeout(timer);
  if (looking) return;
  let next = POLL_MS;
  try {
    looking = Promise.all([ask('/api/v1/status'), list('problems'), list('services'), list('routes'), list('certificates')]);
    const answers = await looking;
    $('login').hidden = true;
    $('trouble').hidden = true;
    setText($('contact'), 'live');
    if (!overall.before) next = FIRST_POLL_MS;
    show(...answers);
  } catch (error) {
    if (error instanceof Unauthorized) {
      askForToken();
      return;
    }
    setText($('contact'), 'no contact');
    $('ready').className = 'badge bad';
    setText($('ready'), 'no answer');
    $('trouble').hidden = false;
    setText($('trouble'), `The process does not answer (${error.message}). What stands here is old. It is asked again every ${POLL_MS / 1000} s.`);
  } finally {
    looking = null;
  }
  if (!document.hidden) timer = setTimeout(look, next);
}

function show(status, problems, services, routes, certificates) {
  try {
    showStatus(status, performance.now());
    showProblems(status, problems, routes, certificates);
    showServices(services);
    showRoutes(routes);
    showCertificates(certificates);
  } catch (error) {
    console.error(error); // a fault of ours; the next look may fare better
  }
}

function askForToken() {
  setText($('ready'), 'locked');
  setText($('contact'), '');
  setText($('refused'), token ? 'That is not the token.' : '');
  if ($('login').hidden) {
    $('login').hidden = false;
    $('token').focus();
  }
  token = '';
  sessionStorage.removeItem('token');
}

// ---- head and tiles

const overall = new Meter();
const tiles = new Map();

function tile(name, value, more, history) {
  let shown = tiles.get(name);
  if (!shown) {
    shown = { value: el('p', { class: 'value' }), more: el('p', { class: 'more-text' }), spark: history && new Sparkline() };
    $('tiles').append(el('div', { class: 'tile' }, el('h2', null, name), shown.value, shown.more, shown.spark?.element));
    tiles.set(name, shown);
  }
  setText(shown.value, value);
  setText(shown.more, more);
  shown.spark?.update(history);
}

function showStatus(status, now) {
  const ready = $('ready');
  ready.className = `badge ${status.ready ? 'good' : 'bad'}`;
  setText(ready, status.ready ? 'ready' : `not ready: ${status.reason}`);
  setText($('version'), status.version);
  document.title = `${status.ready ? '' : '! '}EdgeProxy · ${status.node}`;

  const source = status.source;
  const facts = [
    ['Node', status.node],
    ['Up', age(status.uptimeSeconds)],
    ['Source', !source ? 'not known yet' : source.kind === 'cluster'
      ? `${source.server}${source.reachable ? '' : ' (not reachable)'}` : source.paths.join(', ')],
    ['Generation', status.snapshot.ageSeconds === undefined ? 'none yet' : `${status.snapshot.generation}, live for ${age(status.snapshot.ageSeconds)}`],
  ];
  const lag = status.propagation;
  if (lag?.events) facts.push(['Lag', `p50 ${milliseconds(lag.p50Milliseconds)}, p99 ${milliseconds(lag.p99Milliseconds)}`]);
  const leader = status.leader;
  if (leader) facts.push(['Leader', !leader.elected ? 'this replica, alone' : leader.isLeader ? 'this replica' : leader.holder || 'nobody']);
  if (status.trouble) facts.push(['Trouble', status.trouble]);
  draw($('facts'), facts, fact => fact[0], name => {
    const value = el('dd');
    return { element: el('div', null, el('dt', null, name), value), update: fact => setText(value, fact[1]) };
  });

  const { connections, http, endpoints, routes, services } = status;
  const rates = overall.look(now, {
    requests: http?.requests ?? 0, errors: http?.errors ?? 0, accepted: connections.tcpAccepted,
    received: connections.bytesReceived + (http?.bytesReceived ?? 0), sent: connections.bytesSent + (http?.bytesSent ?? 0),
  });
  if (rates.requests !== undefined) overall.remember(rates.requests);
  (overall.sent ??= []).push(rates.sent ?? 0);
  if (overall.sent.length > HISTORY) overall.sent.shift();
  tile('Requests', `${rate(rates.requests)}/s`, `${rate(rates.errors)} errors/s, ${count(http?.active ?? 0)} now`, overall.history);
  tile('Throughput', bytes(rates.sent), `out, ${bytes(rates.received)} in`, overall.sent);
  tile('Connections', count(connections.tcpOpen + (http?.connections ?? 0)), `${count(connections.tcpOpen)} TCP, ${count(http?.connections ?? 0)} HTTP`);
  const out = (endpoints.ejected ?? 0) + (endpoints.unhealthy ?? 0) + (endpoints.drained ?? 0);
  tile('Endpoints', `${count(endpoints.ready)} of ${count(endpoints.total)}`, `ready${endpoints.terminating ? `, ${count(endpoints.terminating)} terminating` : ''}${out ? `, ${count(out)} passed over` : ''}`);
  tile('Services', count(services.total), `${count(services.listening)} of ${plural(services.frontends, 'address')}`.replace(/addresss$/, 'addresses') + ' listen');
  tile('Routes', count(routes.total), `${plural(routes.hosts, 'host')}, ${routes.total - routes.forwarding - routes.redirecting ? `${count(routes.total - routes.forwarding - routes.redirecting)} without service` : 'all served'}`);
}

// ---- problems, and whatever else is wrong, the worst first

const SEVERITY = { error: ['error', 'bad', 0], warning: ['warning', 'warn', 1], note: ['note', '', 4] };

function showProblems(status, problems, routes, certificates) {
  const rows = problems.problems.map(problem => ({
    order: SEVERITY[problem.severity][2],
    badge: problem.reason === 'Shadowed' ? ['shadowed', 'warn'] : SEVERITY[problem.severity],
    title: `${[problem.kind, problem.name && `${problem.namespace}/${problem.name}`].filter(Boolean).join(' ') || 'File'}: ${problem.message}`,
    where: [problem.reason, problem.field, problem.file && `${problem.file}${problem.line ? `:${problem.line}:${problem.column}` : ''}`].filter(Boolean).join(' · '),
  }));
  const told = new Set(problems.problems.filter(problem => problem.reason === 'Shadowed').map(problem => `${problem.namespace}/${problem.name}`));
  for (const rule of routes.shadowed.filter(rule => !told.has(rule.ingress))) {
    rows.push({
      order: 1, badge: ['shadowed', 'warn'], title: `${rule.host || '*'}${rule.path} of Ingress ${rule.ingress} is never reached`,
      where: `${rule.by} has the same host, path and type (${rule.type}), and is older`,
    });
  }
  for (const endpoint of status.endpoints.passedOver.slice(0, limits.problems)) {
    rows.push({
      order: 2, badge: [endpoint.state, endpoint.state === 'drained' ? '' : 'warn'], title: `Endpoint ${endpoint.address} of ${endpoint.service} gets nothing new`,
      where: [endpoint.ejectedForSeconds && `for ${age(endpoint.ejectedForSeconds)} more: it kept failing`, `${endpoint.open} open`].filter(Boolean).join(' · '),
    });
  }
  for (const host of certificates.hostsWithout) {
    rows.push({ order: 1, badge: ['certificate', 'warn'], title: `${host.host} has no certificate of its own`, where: `looked for in ${host.secrets.join(', ')}` });
  }
  rows.sort((one, other) => one.order - other.order);

  const found = status.problems.errors + status.problems.warnings;
  setText($('problems-count'), [
    status.problems.errors && plural(status.problems.errors, 'error'), status.problems.warnings && plural(status.problems.warnings, 'warning'),
    status.routes.shadowed && `${status.routes.shadowed} shadowed`, status.problems.notes && plural(status.problems.notes, 'note'),
  ].filter(Boolean).join(', '));
  $('no-problems').hidden = found + rows.length > 0;
  draw($('problems'), rows.slice(0, limits.problems), row => `${row.badge[0]} ${row.title}`, () => {
    const [mark, title, where] = [el('span'), el('span'), el('span', { class: 'where' })];
    return {
      element: el('li', { class: 'problem' }, mark, title, where),
      update(row) {
        mark.className = `badge ${row.badge[1]}`;
        setText(mark, row.badge[0]);
        setText(title, row.title);
        setText(where, row.where);
      },
    };
  });
  more('problems', Math.max(rows.length, problems.matching), Math.min(rows.length, limits.problems));
}

function showCount(name, matching) {
  setText($(`${name}-count`), matching === 0 ? 'none' : `${count(matching)}${filter ? ' match' : ''}`);
}

function more(name, total, shown) {
  const button = $(`${name}-more`);
  button.hidden = shown >= total || limits[name] >= MOST;
  setText(button, `Show more (${shown} of ${total})`);
  button.onclick = () => { limits[name] = Math.min(MOST, limits[name] * 2); look(); };
}

// ---- Services

function stateOf(service) {
  const states = service.frontends.map(frontend => frontend.state);
  const endpoints = service.ports.flatMap(port => port.endpoints);
  if (states.length === 0) return ['no address', '']; // headless, or another proxy's
  if (states.includes('failed')) return ['cannot listen', 'bad'];
  if (endpoints.length === 0) return ['no endpoint', 'bad'];
  if (!endpoints.some(serves)) return ['nobody serves', 'bad'];
  if (states.includes('taken')) return ['address taken', 'warn'];
  if (states.includes('closed')) return ['partly closed', 'warn'];
  return endpoints.every(serves) ? ['healthy', 'good'] : ['degraded', 'warn'];
}

const serves = endpoint => endpoint.state === 'ready' && endpoint.healthy && !endpoint.ejectedForSeconds && !endpoint.drained;

function endpointState(endpoint) {
  if (endpoint.drained) return ['drained', ''];
  if (!endpoint.healthy) return ['unhealthy', 'bad'];
  if (endpoint.ejectedForSeconds) return [`ejected ${age(endpoint.ejectedForSeconds)}`, 'bad'];
  return { ready: ['ready', 'good'], terminating: ['terminating', 'warn'], notReady: ['not ready', 'bad'] }[endpoint.state] ?? [endpoint.state, ''];
}

function showServices(document) {
  showCount('services', document.matching);
  draw($('services'), document.services, service => `${service.namespace}/${service.name}`, key => serviceRow(key));
  more('services', document.matching, document.services.length);

  function serviceRow(key) {
    const meter = new Meter();
    const [state, ports, endpoints, open, news, traffic] = [el('span'), el('small'), ...Array.from({ length: 4 }, () => el('span', { class: 'figure' }))];
    const [addresses, table] = [el('p', { class: 'quiet mono' }), el('tbody')];
    const details = el('details', null,
      el('summary', null, el('span', { class: 'name' }, key, ' ', ports), el('span', { class: 'badge-cell' }, state), endpoints, open, news, traffic),
      el('div', { class: 'inside' }, addresses, el('table', null,
        el('thead', null, el('tr', null, ...['Endpoint', 'State', 'Open'].map(name => el('th', { scope: 'col', class: name === 'Open' ? 'number' : '' }, name)),
          el('th', { scope: 'col', class: 'wide' }, 'Node'), el('th', { scope: 'col' }, el('span', { class: 'hidden' }, 'Change')))), table)));
    return {
      element: el('li', null, details),
      update(service) {
        const all = service.ports.flatMap(port => port.endpoints.map(endpoint => ({ ...endpoint, port })));
        const [word, kind] = stateOf(service);
        state.className = `badge ${kind}`;
        setText(state, word);
        setText(ports, service.ports.map(port => `${port.port}/${port.protocol}`).join(' '));
        setText(endpoints, `${all.filter(serves).length}/${all.length} serve`);
        setText(open, `${count(all.reduce((sum, endpoint) => sum + endpoint.open, 0))} open`);
        const sum = name => service.ports.reduce((total, port) => total + (port.traffic[name] ?? 0), 0);
        const rates = meter.look(performance.now(), { news: sum('connections') + sum('requests'), errors: sum('errors'), bytes: sum('bytesReceived') + sum('bytesSent') });
        setText(news, `${rate(rates.news)} new/s${rates.errors ? `, ${rate(rates.errors)} failed` : ''}`);
        news.classList.toggle('bad', rates.errors > 0);
        setText(traffic, bytes(rates.bytes));
        traffic.classList.toggle('quiet', !rates.bytes);
        news.classList.toggle('quiet', !rates.news && !rates.errors);
        open.classList.toggle('quiet', open.textContent === '0 open');
        if (!details.open) return;
        setText(addresses, service.frontends.map(frontend => `${frontend.address}${frontend.state === 'listening' ? '' : ` (${frontend.reason ? `${frontend.state}: ${frontend.reason}` : frontend.state})`}`).join('  '));
        draw(table, all.slice(0, MOST), endpoint => `${endpoint.port.name}:${endpoint.port.protocol} ${endpoint.address}`, () => endpointRow(service));
      },
    };
  }
}

function endpointRow(service) {
  const [address, state, open, node, button] = [el('td', { class: 'mono' }), el('span'), el('td', { class: 'number' }), el('td', { class: 'wide' }), el('button', { class: 'small', type: 'button' })];
  return {
    element: el('tr', null, address, el('td', null, state), open, node, el('td', { class: 'number' }, button)),
    update(endpoint) {
      const [word, kind] = endpointState(endpoint);
      setText(address, `${endpoint.address}${endpoint.weight === 1 ? '' : ` (weight ${endpoint.weight})`}`);
      state.className = `badge ${kind}`;
      setText(state, word);
      setText(open, count(endpoint.open));
      setText(node, endpoint.node ?? '');
      setText(button, endpoint.drained ? 'Undrain' : 'Drain');
      button.setAttribute('aria-label', `${endpoint.drained ? 'Undrain' : 'Drain'} ${endpoint.address}`);
      button.onclick = async () => {
        const parts = [service.namespace, service.name, endpoint.address].map(encodeURIComponent);
        try {
          await ask(`/api/v1/endpoints/${parts.join('/')}/${endpoint.drained ? 'undrain' : 'drain'}`, { method: 'POST' });
          look();
        } catch (error) {
          $('trouble').hidden = false;
          setText($('trouble'), `That cannot be done: ${error.message}`);
        }
      };
    },
  };
}

// What is folded open is filled at once, not with the next look.
$('services').addEventListener('toggle', look, true);

// ---- routes

const ROUTE_STATE = {
  forwards: ['forwards', 'good'], redirects: ['redirects', ''], closed: ['closed', 'bad'], backendMissing: ['no Service', 'bad'], noEndpoint: ['no endpoint', 'bad'],
};

function showRoutes(document) {
  showCount('routes', document.matching);
  $('routes-table').hidden = document.matching === 0;
  draw($('routes'), document.routes, route => `${route.ingress} ${route.type} ${route.host} ${route.path}`, () => {
    const meter = new Meter();
    const spark = new Sparkline();
    const cell = (name, ...children) => el('td', { role: 'cell', class: name }, ...children);
    const [host, detail, state, latency] = [el('span', { class: 'mono' }), el('small'), el('span'), el('small')];
    const [backend, requests, errors] = [cell('backend'), cell('number requests'), cell('number errors')];
    const element = el('tr', { role: 'row' }, cell('rule', host, el('br'), detail), backend, cell('state', state), requests, errors, cell('latency', spark.element, latency));
    return {
      element,
      update(route) {
        setText(host, `${route.tls ? 'https' : 'http'}://${route.host || '*'}${route.path}`);
        setText(detail, [route.type, `Ingress ${route.ingress}`, ...route.policies, route.canary && `canary to ${route.canary.backend}`].filter(Boolean).join(' · '));
        setText(backend, route.backend ? `${route.backend}${route.endpoints ? ` (${plural(route.endpoints, 'endpoint')})` : ''}` : '–');
        const [word, kind] = ROUTE_STATE[route.state] ?? [route.state, ''];
        state.className = `badge ${kind}`;
        setText(state, word);
        const rates = meter.look(performance.now(), { requests: route.traffic.requests, errors: route.traffic.errors, seconds: route.traffic.seconds });
        const mean = rates.requests > 0 ? rates.seconds / rates.requests * 1000 : undefined;
        meter.remember(mean);
        setText(requests, rate(rates.requests));
        requests.classList.toggle('quiet', !rates.requests);
        setText(errors, route.traffic.requests ? `${(rates.requests > 0 ? rates.errors / rates.requests * 100 : 0).toFixed(rates.errors > 0 ? 1 : 0)} %` : '–');
        errors.classList.toggle('bad', rates.errors > 0);
        spark.update(meter.history);
        spark.element.classList.toggle('unused', !route.traffic.requests);
        setText(latency, mean !== undefined ? milliseconds(mean) : route.traffic.requests ? 'idle' : 'no requests yet');
      },
    };
  });
  more('routes', document.matching, document.routes.length);
}

// ---- certificates

function showCertificates(document) {
  showCount('certificates', document.matching);
  $('certificates-table').hidden = document.matching === 0;
  draw($('certificates'), document.certificates, certificate => certificate.secret, () => {
    const [secret, names, issuer, left, date] = [el('td'), el('td', { class: 'wide' }), el('td', { class: 'wide' }), el('span'), el('small')];
    return {
      element: el('tr', null, secret, names, issuer, el('td', null, left, ' ', date)),
      update(certificate) {
        setText(secret, `${certificate.secret}${certificate.isDefault ? ' (default)' : ''}`);
        setText(names, certificate.names.slice(0, 8).join(', ') + (certificate.names.length > 8 ? ` and ${certificate.names.length - 8} more` : ''));
        setText(issuer, certificate.issuer);
        const days = certificate.daysLeft;
        left.className = `badge ${days < 7 ? 'bad' : days < 30 ? 'warn' : 'good'}`;
        setText(left, days < 0 ? `ended ${plural(-days, 'day')} ago` : `${plural(days, 'day')} left`);
        setText(date, certificate.notAfter.slice(0, 10));
      },
    };
  });
  more('certificates', document.matching, document.certificates.length);
}

// ---- explain

$('explain').addEventListener('submit', async event => {
  event.preventDefault();
  const target = $('explanation');
  let url = $('url').value.trim();
  if (!/^https?:\/\//i.test(url)) url = `http://${url}`;
  try {
    const said = await ask(`/api/v1/explain?${new URLSearchParams({ method: $('method').value, url })}`);
    const bad = said.status >= 400;
    const steps = [];
    const add = (name, text, passed) => steps.push(el('dt', null, name), el('dd', { class: passed ? 'passed' : '' }, text));
    add('listener', said.listener);
    if (said.certificate) add('certificate', said.certificate);
    for (const host of said.hosts) add('host', `${host.isChosen ? '→' : '·'} ${host.host}: ${host.why}`, !host.isChosen);
    add('path', said.path);
    for (const rule of said.candidates.slice(0, PAGE)) add('rule', `${rule.isChosen ? '→' : '·'} ${rule.ingress} ${rule.host} ${rule.path}${rule.type ? ` (${rule.type})` : ''}: ${rule.why}`, !rule.isChosen);
    if (said.steps?.length) add('steps', said.steps.join(', '));
    if (said.service) add('service', said.service);
    for (const endpoint of said.endpoints.slice(0, PAGE)) add('endpoint', `${endpoint.isCandidate ? '→' : '·'} ${endpoint.address}: ${endpoint.why}`, !endpoint.isCandidate);
    if (said.upstreamRequest) add('upstream', said.upstreamRequest);
    target.replaceChildren(
      el('p', null, badge(said.outcome, bad ? 'bad' : said.status >= 300 ? '' : 'good'), ` ${said.status ? `${said.status} ` : ''}${said.location ? `to ${said.location} ` : ''}`, el('span', { class: 'quiet' }, `${said.method} ${said.request}`)),
      el('dl', { class: 'steps' }, ...steps));
  } catch (error) {
    target.replaceChildren(el('p', { class: 'bad' }, error instanceof Unauthorized ? 'The token is asked for first.' : error.message));
  }
});

// ---- what people do

let typing = 0;
$('search').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    filter = $('search').value.trim();
    await looking?.catch(() => {});
    look();
  }, 200);
});

document.addEventListener('keydown', event => {
  if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
    event.preventDefault();
    $('search').focus();
  }
});

$('login').addEventListener('submit', event => {
  event.preventDefault();
  token = $('token').value.trim();
  sessionStorage.setItem('token', token);
  $('token').value = '';
  look();
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) look();
});

look();
