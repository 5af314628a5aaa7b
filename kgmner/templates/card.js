// A post as an article: its text with the names in it, what they mean and why, and what its picture shows.

const CANDIDATE = {entity: 0, score: 1, name: 2, prior: 3, count: 4, hop: 5};
/** The candidates of a mention as rows of numbers: read when they are asked for, as a page has many. */
const candidatesOf = mention => mention.rows ??= mention.candidates.split(";").filter(Boolean).map(numbersOf);
const numbersOf = row => row.split(",").map(number => number === "" ? null : Number(number));
const partsOf = candidate => candidate.slice(6);  // all of them, or context and coherence
const PART_HEADS = {
  name: "name", prior: "prior", count: "seen", context: "context", type: "type", picture: "picture", coherence: "coherence",
};
const PART_TITLES = {
  name: "how alike the names are", prior: "how often it is meant", count: "how often the name was seen to mean it",
  context: "the words around it", type: "whether the types agree", picture: "whether the picture shows it or what is near it",
  coherence: "the other names of the post",
};

function fillCard(article, post) {
  const label = `head-${post.place}`;
  article.setAttribute("aria-labelledby", label);
  const pictures = picturesOf(post);
  article.replaceChildren(
    make("h3", {id: label}, make("a", {href: `#${encodeURIComponent(post.anchor)}`}, String(post.id)), stateOf(post)),
    make("div", {class: pictures ? "post with-picture" : "post"},
      make("div", {},
        textOf(post),
        ownOf(post),
        namesOf(post),
        knownOf(post)),
      pictures));
  if (post.word !== undefined) article.querySelector(`[data-word="${post.word}"]`)?.click();  // it was chosen before
}

function textOf(post) {
  const line = make("p", {class: "text", dir: "auto"});
  const found = answersOf(post).filter(answer => answer.state !== "rejected").sort((one, other) => one.start - other.start);
  const places = placesOf(post);
  let at = 0;
  for (const answer of found) {
    const [start, end] = rangeOf(post, answer);
    if (start < at) continue;
    line.append(...wordsOf(post, at, start));
    const words = wordsOf(post, start, end).filter(Boolean), last = typeof words.at(-1) === "string" ? null : words.pop();
    const type = make("span", {class: "last"}, last, make("small", {}, answer.type));
    line.append(make("mark", {class: answer.type, "--hue": hueOf(answer.type)}, words, type));
    at = end;
  }
  line.append(...wordsOf(post, at, post.text.length));
  if (!places.length && !post.text) line.append(make("span", {class: "soft"}, "no text"));
  return line;
}

/** The post's own fields: those that are short beside each other, the rest folded. */
function ownOf(post) {
  const line = ([name, value]) => [make("span", {class: "own"}, make("b", {}, name), " ",
    make("bdi", {}, linkTo(value, value))), " "];
  const short = post.own.filter(([name, value]) => name.length + value.length <= 60).slice(0, 4);
  const rest = post.own.filter(field => !short.includes(field));
  return [
    short.length > 0 && soft(short.map(line)),
    rest.length > 0 && make("details", {}, make("summary", {}, several(rest.length, short.length ? "more field" : "field")),
      rest.map(field => soft(line(field)))),
  ];
}

/** A stretch of the text; each word can be chosen where it is known how it looked at the picture. */
function wordsOf(post, from, to) {
  if (!post.attention) return [post.text.slice(from, to)];
  const pieces = [];
  placesOf(post).forEach(([start, end], word) => {
    if (start < from || end > to || start === end) return;
    pieces.push(post.text.slice(from, start));
    const share = post.gates[word];
    pieces.push(make("button", {
      type: "button", class: "word", "aria-pressed": "false", "data-word": word, "--share": share,
      title: `${percent(share)} picture, ${percent(1 - share)} text`,
      click: event => chooseWord(post, word, event.currentTarget),
    }, post.text.slice(start, end)));
    from = end;
  });
  pieces.push(post.text.slice(from, to));
  return pieces;
}

function namesOf(post) {
  const answers = answersOf(post);
  const missed = post.gold.filter(gold => gold.wrong === "missed");
  return make("div", {},
    answers.length ? make("ul", {class: "names"}, answers.map(answer => nameOfAnswer(post, answer))) : soft("No name found."),
    missed.map(gold => bad(`Gold has another name: ${gold.text} ${gold.type} → `, goldMeaning(gold))),
    make("p", {class: "buttons"},
      button("Add a name", () => openCorrection(post, null)),
      button(answers.length ? "Accept all the rest" : "Nothing to find here", () => acceptRest(post),
        {"aria-pressed": post.mentions.length ? null : String(isDone(post))})));
}

function nameOfAnswer(post, answer) {
  const mention = answer.mention;
  const words = wordsIn(post, answer);
  const act = (name, state, action) => button(name, action,
    {"aria-pressed": state && String(answer.state === state), "aria-label": `${name}: ${words}`});
  return make("li", {tabindex: "-1", "data-name": answer.key, class: answer.state || null, "aria-label": `Name: ${words}`},
    make("div", {class: "name"},
      make("span", {}, make("strong", {dir: "auto"}, words), " ", chip(answer.type, mention && tagged(mention)), " → ", meaningOf(answer)),
      make("span", {class: "acts"},
        mention && act("Accept", "accepted", () => decide(post, answer, "accepted")),
        act(mention ? "Reject" : "Remove", mention && "rejected", () => decide(post, answer, "rejected")),
        act("Correct", mention && "corrected", () => openCorrection(post, answer)))),
    mention?.wrong && bad(goldSays(post, mention)),
    mention?.candidates && candidateBox(post, answer, words));
}

const tagged = ({score}) => score ? `The tagger is ${percent(score)} sure of the name` : "Only the graph knows the name";

function meaningOf(answer) {
  if (answer.state === "rejected") return make("span", {class: "soft"}, "no name");
  const what = answer.iri === null
    ? make("span", {class: "soft"}, answer.mention?.candidates ? "none of its candidates (NIL)" : "not in the graph (NIL)")
    : linkTo(answer.iri, answer.name || nameOf(answer.iri));
  const {mention, state} = answer;
  const score = !mention || state === "corrected" ? state : `${percent(mention.sure)}${mention.ambiguous ? ", ambiguous" : ""}`;
  return [what, make("span", {class: "score"}, ` ${score}`)];
}

function goldMeaning({iri, name}) {
  if (iri === undefined) return "(no link told)";
  return iri === null ? "NIL" : linkTo(iri, name || nameOf(iri));
}

function goldSays(post, mention) {
  if (mention.wrong === "spurious") return "Gold has no name here.";
  const gold = post.gold[mention.gold];
  return mention.wrong === "type" ? `Gold has the type ${gold.type}.` : ["Gold means ", goldMeaning(gold), "."];
}

function candidateBox(post, answer, words) {
  const title = several(candidatesOf(answer.mention).length, "candidate");
  const box = make("details", {}, make("summary", {}, title, make("span", {class: "unseen"}, ` of ${words}`)));
  box.addEventListener("toggle", () => {
    if (box.open && box.childElementCount === 1) box.append(...reasonsOf(post, answer, words));
  });
  return box;
}

function reasonsOf(post, answer, words) {
  const {mention} = answer, candidates = candidatesOf(mention);
  const known = candidates.some(candidate => partsOf(candidate).length > 2);
  const parts = known ? PARTS : ["name", "prior", "count", "context", "coherence", "picture"];
  const most = Math.max(1, ...candidates.flatMap(partsOf).map(Math.abs));
  const head = ["", "entity", "type", "score", ...parts.map(part => PART_HEADS[part])];
  const titleOf = (title, place) => title ? make("th", {scope: "col", title: PART_TITLES[parts[place - 4]]}, title) : cell();
  const rowOf = (candidate, place) => make("tr", {class: ENTITIES[candidate[0]][0] === answer.iri ? "chosen" : null},
    cell(place < 9 && button(place + 1, () => linkCandidate(post, answer, place),
      {"aria-label": `Link ${words} to candidate ${place + 1}`})),
    cell(entityLink(candidate[0])),
    cell(ENTITIES[candidate[0]][2] || "–"),
    scoreCell(candidate[CANDIDATE.score]),
    parts.map((part, at) => known ? natsCell(partsOf(candidate)[at] ?? 0, most) : plainCell(candidate, part, most)));
  const rest = (label, share) => make("tr", {class: "soft"},
    cell(), make("td", {colspan: "2"}, label), scoreCell(share), make("td", {colspan: parts.length}));
  return [
    soft(`${tagged(mention)}. Why: ${mention.why}.`),
    known && soft("Bars: what each part of the score says for (right) or against (left) a candidate, in nats."),
    make("div", {class: "wide", tabindex: "0", role: "region", "aria-label": `Candidates of ${words}`},
      make("table", {},
        make("thead", {}, make("tr", {}, head.map(titleOf))),
        make("tbody", {},
          candidates.map(rowOf),
          rest("no entity of the graph", mention.nil),
          rest("another entity", mention.other)))),
  ].filter(Boolean);
}

const numberCell = (...children) => make("td", {class: "n"}, ...children);
const scoreCell = share => numberCell(bar(share), percent(share));
const natsCell = (nats, most) => numberCell(bar(Math.abs(nats) / most, nats < 0 ? "nats minus" : "nats"), nats ? signed(nats) : "0");

function plainCell(candidate, part, most) {
  if (part === "context" || part === "coherence") return natsCell(partsOf(candidate)[part === "context" ? 0 : 1], most);
  const value = candidate[part === "picture" ? CANDIDATE.hop : CANDIDATE[part]];
  if (part === "name") return numberCell(bar(value), value.toFixed(2));
  if (part === "picture") return numberCell(shown(value));
  return numberCell(value ? value.toLocaleString("en", {maximumSignificantDigits: 3}) : "–");
}

function knownOf(post) {
  const {pictured, nearest} = post;
  const lines = [];
  if (pictured) {
    const who = make("strong", {}, ENTITIES[pictured.entity][1]);
    lines.push(make("p", {}, "The picture shows ", who, `: ${hops(pictured.hop)}, ${howSeen(pictured)}.`), pathOf(pictured.path));
  } else if (post.picture !== undefined || post.attributes.length) {
    const near = nearest ? `; nearest is ${ENTITIES[nearest.entity][1]}, cosine ${nearest.cosine.toFixed(2)}` : "";
    lines.push(soft(`The picture: no entity of the graph was recognised${near}.`));
  }
  if (post.error) lines.push(bad(`The picture was not used: ${post.error}.`));
  if (post.knowledge.length) {
    const rows = post.knowledge.map(([s, p, o]) => make("tr", {}, cell(s), make("td", {class: "soft"}, p), cell(o)));
    lines.push(make("table", {class: "facts"}, make("caption", {}, "Known of it"), make("tbody", {}, rows)));
  }
  const shares = post.attributes.map(([label, share]) => make("span", {class: "tag"}, `${label} ${percent(share)}`));
  if (shares.length) lines.push(soft("ImageNet attributes: ", shares));
  return lines.length ? make("div", {class: "why"}, lines) : null;
}

/** The triples from the text to the pictured entity, one node under the other. */
function pathOf(path) {
  if (!path?.length) return null;
  const words = path.map(([s, p, o]) => `${nameOf(s)} – ${spaced(nameOf(p))} → ${nameOf(o)}`);
  const [first, second] = path;  // a triple may point either way: the path begins at the end that the next one has not
  let node = second && [second[0], second[2]].includes(first[0]) ? first[2] : first[0];
  const nodes = [node], arrows = [];
  for (const [s, p, o] of path) {
    arrows.push([spaced(nameOf(p)), s === node]);
    node = s === node ? o : s;
    nodes.push(node);
  }
  const width = 300, step = 62, high = 30;
  const cut = (text, most) => text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const size = `0 0 ${width} ${step * arrows.length + high + 2}`;
  return draw("svg", {class: "path", viewBox: size, role: "img", "aria-label": words.join("; ")},
    draw("title", {}, words.join("; ")),
    nodes.map((iri, place) => [
      draw("rect", {x: 1, y: place * step + 1, width: width - 2, height: high, rx: 8}),
      draw("text", {x: width / 2, y: place * step + 21, "text-anchor": "middle"}, cut(nameOf(iri), 38)),
    ]),
    arrows.map(([label, down], place) => {
      const top = place * step + high + 1, end = top + step - high;
      const [from, to] = down ? [top, end] : [end, top], back = down ? -6 : 6;
      return [
        draw("path", {d: `M 40 ${from} V ${to} m -5 ${back} l 5 ${-back} l 5 ${back}`}),
        draw("text", {class: "edge", x: 54, y: top + 20}, cut(label, 34)),
      ];
    }));
}

function picturesOf(post) {
  const shownEntity = post.pictured || post.nearest;
  if (post.picture === undefined && shownEntity?.picture === undefined) return null;
  const says = post.attributes.map(([label, share]) => `${label} ${percent(share)}`).join(", ");
  const figure = (number, alt, caption, extra) => number === undefined || number === null ? null
    : make("figure", {}, make("div", {class: "frame"}, make("img", {src: pictureOf(number), alt}), extra), make("figcaption", {}, caption));
  const whose = post.pictured ? "the graph: " : "nearest: ";
  const regions = post.attention && make("div", {class: "regions", "aria-hidden": "true"});
  return make("div", {class: "pictures"},
    make("div", {class: shownEntity?.picture === undefined || shownEntity.picture === null ? "" : "pair"},
      figure(post.picture, says ? `The post's picture: ${says}` : "The post's picture", "the post", regions),
      shownEntity && figure(shownEntity.picture, `The graph's picture of ${ENTITIES[shownEntity.entity][1]}`,
        [whose, entityLink(shownEntity.entity)])),
    post.attention && make("p", {class: "looked soft", role: "status"},
      "The bar under a word is the picture's share in it. Choose a word to see where it looks in the picture."));
}

/** Shows where a word looks: the regions that it looks at least are the darkest. */
function chooseWord(post, word, button) {
  const article = button.closest("article"), was = button.getAttribute("aria-pressed") === "true";
  post.word = was ? undefined : word;
  for (const other of article.querySelectorAll(".word")) other.setAttribute("aria-pressed", String(other === button && !was));
  const regions = article.querySelector(".regions"), line = article.querySelector(".looked");
  const [most, levels] = post.attention[word];
  const weights = was ? [] : [...levels].map(level => parseInt(level, 36) / 35);
  regions?.replaceChildren(...weights.map(weight => make("span", {"--dark": 1 - weight})));
  const top = weights.indexOf(1), share = post.gates[word];
  if (!line) return;
  const place = `row ${Math.floor(top / 7) + 1}, column ${top % 7 + 1} of 7 (${(most * 100).toFixed(1)} %; even would be 2.0 %)`;
  line.textContent = was ? "" : `“${post.tokens[word]}” takes ${percent(share)} from the picture and ${percent(1 - share)} `
    + `from the text; looks most at ${place}.`;
}
