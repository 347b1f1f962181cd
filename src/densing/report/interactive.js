// The interactive figure: Bokeh draws; the page's own controls say what. Where any of this fails the
// static figure stays.
(async () => {
  const box = document.getElementById("interactive"), form = box.querySelector("form");
  const stage = box.querySelector(".stage"), card = box.querySelector(".about-model");
  const item = JSON.parse(document.getElementById("interactive-data").textContent);
  let views;
  try {
    box.hidden = false; // Bokeh lays out what it can measure
    views = await Bokeh.embed.embed_item(item, "interactive-plot");
  } catch (error) {
    box.hidden = true;
    throw error;
  }
  box.closest("figure").classList.add("live");

  const view = [...views][0], plot = view.model, everything = [...plot.document.all_models];
  const named = name => everything.filter(model => model.name === name);
  const models = named("models")[0].data, chosen = named("chosen")[0];
  const { start: first, end: last } = plot.x_range;
  const indices = models.name.map((_, i) => i);
  const coarse = matchMedia("(pointer: coarse), (max-width: 600px)").matches;
  plot.toolbar.active_drag = null;
  for (const tool of plot.toolbar.tools) if (tool.type === "BoxZoomTool") tool.active = !coarse;

  // Colours are the page's own: light, dark, whatever the style sheet says.
  function paint() {
    const style = getComputedStyle(document.documentElement);
    for (const model of everything) for (const tag of model.tags)
      for (const [property, variable] of Object.entries(tag))
        if (property.endsWith("_color")) model[property] = style.getPropertyValue(variable).trim();
  }

  function passes(i, wanted) {
    return (!wanted.families.length || wanted.families.includes(models.family[i]))
      && (!wanted.architecture || models.architecture[i] === wanted.architecture)
      && models.params[i] >= wanted.from && models.params[i] <= wanted.to;
  }

  let shown = indices;
  function filter() {
    const answers = new FormData(form);
    const wanted = {
      families: answers.getAll("family"), architecture: answers.get("architecture"),
      from: Number(answers.get("from") || 0), to: Number(answers.get("to") || Infinity),
    };
    shown = indices.filter(i => passes(i, wanted));
    const kept = indices.map(i => shown.includes(i));
    const views = { left_out: i => !kept[i], own: i => kept[i] && models.own[i],
      records: i => kept[i] && models.record[i] && !models.own[i],
      others: i => kept[i] && !models.record[i] && !models.own[i] };
    for (const [name, holds] of Object.entries(views))
      named(name).find(m => "booleans" in m).booleans = indices.map(i => Boolean(holds(i)));
    box.querySelector(".shown").textContent = shown.length
      ? `${shown.length} of ${indices.length} models`
      : `None of ${indices.length} models is of that kind.`;
    const families = form.elements.families;
    if (families) families.value = wanted.families.join(", ") || "all";
    for (const option of form.elements.model.options)
      option.disabled = option.value !== "" && !kept[option.value];
    if (form.elements.model.value && !kept[form.elements.model.value]) choose("");
  }

  function lines() {
    const on = new FormData(form).getAll("line");
    for (const { value } of form.querySelectorAll("[name=line]"))
      for (const layer of named(value)) layer.visible = on.includes(value);
    for (const layer of named("intervals")) layer.visible = form.elements.intervals.checked;
  }

  // Names where there is room: one's own first, then records, then the largest; none over another
  // or over a dot.
  function label() {
    const pen = document.createElement("canvas").getContext("2d"), taken = [], found = [];
    pen.font = getComputedStyle(form).font.replace(/[\d.]+px/, "11px");
    const dots = shown.map(i => [...place(i), models.diameter[i] / 2 + 1]);
    const frame = view.frame.bbox, most = frame.width > 500 ? 20 : 10;
    const order = [...shown].sort((a, b) => models.own[b] - models.own[a]
      || models.record[b] - models.record[a] || models.params[b] - models.params[a]);
    for (const i of order) {
      if (found.length === most) break;
      const [x, y] = place(i), width = pen.measureText(models.name[i]).width;
      if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) continue;
      const away = models.diameter[i] / 2 + 4;
      const spots = [["right", -away, -8], ["left", away, 8], ["right", -away, 0], ["left", away, 0],
        ["right", -4, -away - 8], ["left", 4, away + 8]];
      const over = (l, r, t, b) => dots.some(([u, v, size]) => u > l - size && u < r + size
        && v > t - size && v < b + size && !(u === x && v === y));
      // One's own is named even where that covers a dot.
      const tries = models.own[i] ? [...spots, ...spots] : spots;
      for (const [k, [align, right, down]] of tries.entries()) {
        const start = x + right - (align === "right" ? width : 0), middle = y + down;
        const [l, r, t, b] = [start - 2, start + width + 2, middle - 6, middle + 6];
        if (l < frame.left || r > frame.right || t < frame.top || b > frame.bottom) continue;
        if (taken.some(o => l < o[1] && r > o[0] && t < o[3] && b > o[2])) continue;
        if (k < spots.length && over(l, r, t, b)) continue;
        taken.push([l, r, t, b]);
        found.push([models.x[i], models.density[i], models.name[i], align, right, down]);
        break;
      }
    }
    named("names")[0].data = Object.fromEntries(["x", "density", "text", "align", "right", "down"]
      .map((column, k) => [column, found.map(row => row[k])]));
  }

  const scales = { log: plot.y_scale, linear: new (Bokeh.Models.get("LinearScale"))() };
  const kinds = { log: "logarithmic", linear: "linear" };
  function axis() {
    const kind = form.elements.axis.value;
    const [start, end] = plot.tags[0][kind];
    plot.y_scale = scales[kind];
    plot.y_range.setv({ start, end });
    for (const name of Object.keys(scales)) named(name)[0].visible = name === kind;
    named("grid")[0].axis = named(kind)[0];
    const surface = document.getElementById("interactive-plot"), alt = surface.ariaLabel;
    surface.ariaLabel = alt.replace(/\b(logarithmic|linear) axis/, `${kinds[kind]} axis`);
  }

  // What the card says, of one model; nothing chosen, nothing said.
  function tell(i) {
    card.hidden = i === "";
    chosen.data = i === "" ? { x: [], density: [], diameter: [] } : {
      x: [models.x[i]], density: [models.density[i]], diameter: [Number(models.diameter[i]) + 6],
    };
    if (i === "") return;
    const title = document.createElement("strong");
    title.textContent = models.name[i];
    card.replaceChildren(title, pairs(models.facts[i]), pairs(models.scores[i]));
    card.classList.remove("below");
    const [x, y] = place(i), away = 14; // the upper left corner is empty where density grows
    const covered = x < card.offsetLeft + card.offsetWidth + away
      && y < card.offsetTop + card.offsetHeight + away;
    card.classList.toggle("below", covered);
  }

  function pairs(rows) {
    const list = document.createElement("dl");
    for (const texts of rows) ["dt", "dd"].forEach((tag, k) => {
      list.append(Object.assign(document.createElement(tag), { textContent: texts[k] }));
    });
    return list;
  }

  function place(i) {
    const { x_scale, y_scale } = view.frame;
    return [x_scale.compute(models.x[i]), y_scale.compute(models.density[i])];
  }

  function nearest({ sx, sy }, reach) {
    let best = "", closest = reach;
    for (const i of shown) {
      const [x, y] = place(i), far = Math.hypot(x - sx, y - sy);
      if (far < closest) [best, closest] = [i, far];
    }
    return best;
  }

  function choose(i) {
    form.elements.model.value = i;
    tell(i);
  }

  plot.on_event("mousemove", event => {
    const near = nearest(event, 18);
    tell(near === "" ? form.elements.model.value : near);
  });
  plot.on_event("mouseleave", () => tell(form.elements.model.value));
  plot.on_event("tap", event => choose(nearest(event, 26)));
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("change", event => {
    if (event.target.name === "axis") axis();
    else if (event.target.name === "model") tell(event.target.value);
    else { filter(); lines(); }
    fit();
  });
  function fit() {
    named("dates")[0].ticker.desired_num_ticks = Math.max(3, Math.round(stage.clientWidth / 120));
    requestAnimationFrame(label);
  }
  function update() {
    plot.x_range.setv({ start: first, end: last });
    paint(); axis(); filter(); lines(); choose(""); fit();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  addEventListener("resize", fit);
  for (const end of ["start", "end"]) plot.y_range.properties[end].change.connect(fit);
  update();
  box.dataset.ready = "yes";
})();
