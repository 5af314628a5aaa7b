// What the reader decides: kept in this browser, and exported as lines that training and evaluation read.

const review = store.get(`review-${DIGEST}`) || {};
const reviewOf = post => review[post.place] ||= {names: {}, added: []};

/** The names of a post as they stand now: the linker's with what was decided of each, and those that were added. */
function answersOf(post) {
  const said = review[post.place];
  const found = post.mentions.map((mention, place) => {
    const chosen = mention.linked === null ? null : ENTITIES[mention.linked];
    const own = {start: mention.start, end: mention.end, type: mention.type, iri: chosen && chosen[0], name: chosen ? chosen[1] : ""};
    return {...own, state: null, ...said?.names[place], key: `name-${place}`, place, mention};
  });
  const added = (said?.added || []).map((answer, place) => ({...answer, state: "added", key: `added-${place}`, place, mention: null}));
  return [...found, ...added];
}

/** Where an answer stands in the text, as JavaScript counts. */
function rangeOf(post, {start, end, mention}) {
  if (mention && mention.start === start && mention.end === end) {
    return [mention.start_char, mention.end_char].map(points => unitsTo(post.text, points));
  }
  const places = placesOf(post);
  return [places[start][0], places[end - 1][1]];
}

const wordsIn = (post, answer) => post.text.slice(...rangeOf(post, answer));

function isDone(post) {
  const said = review[post.place];
  return Boolean(said && (said.done || (post.mentions.length && post.mentions.every((_, place) => said.names[place]))));
}

const isChanged = post => answersOf(post).some(answer => ["rejected", "corrected", "added"].includes(answer.state));

function stateOf(post) {
  return isDone(post) ? make("span", {class: "tag done"}, isChanged(post) ? "done, changed" : "done") : null;
}

function decide(post, answer, state, changes = {}) {
  const said = reviewOf(post);
  if (!answer.mention) {
    if (state === "rejected") said.added.splice(answer.place, 1);
    else said.added[answer.place] = changes;
  } else if (answer.state === state && state !== "corrected") delete said.names[answer.place];
  else said.names[answer.place] = {state, ...changes};
  said.done = false;
  changed(post, answer.key, answer.mention ? `${wordsIn(post, answer)}: ${said.names[answer.place]?.state || "open again"}` : "changed");
}

function undo(post, answer) {
  if (!answer.mention) return decide(post, answer, "rejected");
  delete reviewOf(post).names[answer.place];
  reviewOf(post).done = false;
  changed(post, answer.key, `${wordsIn(post, answer)}: open again`);
}

/** Links a name to one of its candidates, by its place in the table; null is NIL. */
function linkCandidate(post, answer, place) {
  const number = place === null ? null : candidatesOf(answer.mention)[place]?.[CANDIDATE.entity];
  if (number === undefined) return;
  if (number === answer.mention.linked && answer.type === answer.mention.type) return decide(post, {...answer, state: null}, "accepted");
  const [iri, name, itsType] = number === null ? [null, ""] : ENTITIES[number];
  const {start, end} = answer, type = itsType && TYPES.includes(answer.type) ? itsType : answer.type;
  decide(post, answer, "corrected", {start, end, type, iri, name});
}

function acceptRest(post) {
  const said = reviewOf(post);
  post.mentions.forEach((_, place) => { said.names[place] ||= {state: "accepted"}; });
  said.done = post.mentions.length > 0 || !said.done;  // without names there is nothing else to undo it by
  changed(post, null, `Post ${post.id} is ${said.done ? "done" : "open again"}`);
}

const NOT_KEPT = " (not kept: this browser has no room for it, or allows none; export before you close the page)";

function changed(post, key, words) {
  const kept = store.set(`review-${DIGEST}`, review);
  say(kept ? words : words + NOT_KEPT);
  refresh(post, key);
}

function openCorrection(post, answer) {
  const dialog = byId("correct"), form = dialog.querySelector("form"), fields = form.elements;
  if (!post.tokens.length) return say("The post has no words to name.");
  byId("correct-title").textContent = answer ? `Correct: ${wordsIn(post, answer)}` : "Add a name";
  const optionOf = chosen => ([value, words]) => make("option", {value, selected: value === chosen}, words);
  const options = (select, values, chosen) => select.replaceChildren(...values.map(optionOf(chosen)));
  const words = post.tokens.map((token, place) => [place, `${place + 1}. ${token}`]);
  options(fields.start, words, answer?.start ?? 0);
  options(fields.end, words, (answer?.end ?? 1) - 1);
  const types = new Set([...ALL_TYPES, answer?.type ?? "PER"]);
  options(fields.type, [...types].map(type => [type, type]), answer?.type ?? "PER");
  const choices = new Map([["", {name: "", said: "no entity of the graph (NIL)"}]]);  // by IRI
  const propose = (iri, name, why) => {
    const known = choices.get(iri);
    if (iri) choices.set(iri, {name, said: known ? `${known.said}; ${why}` : `${name}, ${why}`});
  };
  for (const candidate of answer?.mention ? candidatesOf(answer.mention) : []) {
    const [iri, label, type] = ENTITIES[candidate[CANDIDATE.entity]];
    propose(iri, label, `${type ? `${type}, ` : ""}${percent(candidate[CANDIDATE.score])}`);
  }
  for (const gold of post.gold) propose(gold.iri, gold.name || nameOf(gold.iri || ""), `gold for ${gold.text}`);
  if (answer?.iri && !choices.has(answer.iri)) propose(answer.iri, answer.name || nameOf(answer.iri), "as it is");
  const radio = iri => make("input", {type: "radio", name: "meaning", value: iri, checked: iri === (answer?.iri ?? "")});
  byId("meanings").replaceChildren(...[...choices].map(([iri, {said}]) => make("label", {}, radio(iri), ` ${said}`)));
  fields.iri.value = fields.name.value = "";
  form.onsubmit = event => {
    event.preventDefault();
    dialog.close();
    if (event.submitter?.value !== "cancel") saveCorrection(post, answer, fields, choices);
  };
  dialog.showModal();
}

function saveCorrection(post, answer, fields, choices) {
  const start = Number(fields.start.value), end = Math.max(start, Number(fields.end.value)) + 1;
  const own = fields.iri.value.trim(), iri = own || fields.meaning.value || null;
  const name = own ? fields.name.value.trim() : choices.get(iri || "").name;
  const changes = {start, end, type: fields.type.value, iri, name};
  if (answer) return decide(post, answer, "corrected", changes);
  const said = reviewOf(post);
  said.added.push(changes);
  changed(post, `added-${said.added.length - 1}`, "added");
}

/** A post that is done as a line for training (tokens, tags) and evaluation (gold). */
function exported(post) {
  const answers = answersOf(post).filter(answer => answer.state !== "rejected").sort((one, other) => one.start - other.start);
  const tags = post.tokens.map(() => "O");
  for (const {start, end, type} of answers) {
    if (tags.slice(start, end).some(tag => tag !== "O")) continue;  // of names that overlap the first has the tags
    for (let word = start; word < end; word++) tags[word] = (word === start ? "B-" : "I-") + type;
  }
  const gold = answers.map(answer => {
    const [from, to] = rangeOf(post, answer);
    const {start, end, type, iri, name} = answer;
    const [start_char, end_char] = [pointsTo(post.text, from), pointsTo(post.text, to)];
    return {start, end, start_char, end_char, text: post.text.slice(from, to), type, iri, name};
  });
  return {id: post.id, text: post.text, tokens: post.tokens, tags, image: post.image ?? null, gold};
}

function exportCorrections() {
  const done = POSTS.filter(isDone), begun = Object.keys(review).length - done.length;
  const left = `; ${several(begun, "post")} with names that were not decided left out (Shift+A accepts the rest of a post)`;
  say(`${several(done.length, "post")} exported${begun > 0 ? left : ""}`);
  if (!done.length) return;
  const lines = done.map(post => JSON.stringify(exported(post)) + "\n");
  const link = make("a", {href: URL.createObjectURL(new Blob(lines, {type: "application/jsonl"})), download: "corrections.jsonl"});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A line that was exported; null where it is none. */
function readCorrection(text) {
  const isText = value => typeof value === "string";
  try {
    const line = JSON.parse(text), most = line.tokens.length;
    const isName = ({start, end, type, iri}) => [start, end].every(Number.isInteger) && start >= 0 && start < end && end <= most
      && isText(type) && (iri === null || isText(iri));
    return line.id !== undefined && isText(line.text) && line.tokens.every(isText) && line.gold.every(isName) ? line : null;
  } catch { return null; }
}

/** Puts decisions that were exported in the place of what is here; what does not fit is counted and named. */
function takeIn(lines, source) {
  const posts = Map.groupBy(POSTS, post => String(post.id)), taken = new Set(), others = new Set(), left = {};
  const meant = line => JSON.stringify(line.gold.map(({start, end, type, iri}) => [start, end, type, iri]));
  lines.forEach((text, place) => {
    if (!text.trim()) return;
    const line = readCorrection(text), same = posts.get(String(line?.id)) || [];
    const fitting = same.filter(post => post.text === line.text && JSON.stringify(post.tokens) === JSON.stringify(line.tokens));
    const why = !line ? "which cannot be read (expected JSON lines as Export corrections writes them)"
      : same.length ? "of posts that have another text or other words here (decide them anew)"
        : "of posts that this page does not have (is the file of these results?)";
    if (!fitting.length) (left[why] ||= []).push(line ? line.id : `line ${place + 1}`);
    for (const post of fitting) {
      if (review[post.place] && meant(exported(post)) !== meant(line)) others.add(post.id);
      review[post.place] = decisionsFrom(post, line.gold);
      taken.add(post);
    }
  });
  const kept = store.set(`review-${DIGEST}`, review), named = ids => ids.slice(0, 5).join(", ") + (ids.length > 5 ? ", …" : "");
  const said = `${source}: ${several(taken.size, "post")} loaded${kept ? "" : NOT_KEPT}.`
    + (others.size ? ` Other decisions here gave way in ${several(others.size, "post")}: ${named([...others])}.` : "");
  const leftOut = Object.entries(left).map(([why, ids]) => `${source}: ${several(ids.length, "correction")} left out, ${why}: ${named(ids)}.`);
  say(said + (leftOut.length ? " Some were left out: why stands at the top of the page." : ""));
  byId("loaded").append(make("p", {}, said), ...leftOut.map(words => bad(words)));
  filter();
}

/** What was decided of a post, told by the names that stood when it was exported. */
function decisionsFrom(post, gold) {
  const names = {}, added = [];
  for (const {start, end, start_char, end_char, type, iri, name} of gold) {
    const place = post.mentions.findIndex(mention => mention.start_char === start_char && mention.end_char === end_char);
    const found = post.mentions[place], answer = {start, end, type, iri, name: name || ""};
    const isSame = found?.type === type && iri === (found.linked === null ? null : ENTITIES[found.linked][0]);
    if (!found || names[place]) added.push(answer);
    else names[place] = isSame ? {state: "accepted"} : {state: "corrected", ...answer};
  }
  post.mentions.forEach((_, place) => { names[place] ||= {state: "rejected"}; });
  return {names, added, done: true};
}
