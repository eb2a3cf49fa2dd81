"use strict";
// The report's page. All text comes from the data and is set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const timeline = data.timeline;
  const byId = (id) => document.getElementById(id);

  function make(tag, parent, text, className) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    if (parent) parent.append(node);
    return node;
  }

  // ---- Numbers, as the tool's own tables write them ----

  const timeUnits = [[1, "s", 1], [1e-3, "ms", 1e3], [0, "us", 1e6]];
  const unitFor = (seconds) => timeUnits.find(([least]) => seconds >= least);
  const [, runUnit, perSecond] = unitFor(timeline.latency_s);

  function significant(value) {
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 0.0005 || size >= 1e6) return value.toExponential(2);
    return value.toFixed(size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0);
  }
  function time(seconds) {
    const [, name, factor] = unitFor(Math.abs(seconds));
    return `${significant(seconds * factor)} ${seconds === 0 ? runUnit : name}`;
  }
  const inRunUnit = (seconds) => significant(seconds * perSecond);
  function withPrefix(value, unit) {
    const prefixes = ["", "k", "M", "G", "T", "P"];
    let prefix = 0;
    while (Math.abs(value) >= 999.5 && prefix + 1 < prefixes.length) {
      value /= 1000;
      ++prefix;
    }
    const text = prefix === 0 && Number.isInteger(value) ? value : value.toPrecision(3);
    return `${text} ${prefixes[prefix]}${unit}`;
  }
  const percent = (part) => `${(100 * part).toFixed(1)} %`;

  // ---- Tables ----

  function fillTable(id, headings, rows) {
    const table = byId(id);
    const head = make("tr", make("thead", table));
    for (const [name, unit] of headings) {
      const cell = make("th", head, name);
      if (unit) make("small", cell, unit);
    }
    const body = make("tbody", table);
    for (const row of rows) {
      const line = make("tr", body);
      for (const cell of row) make("td", line).append(cell);
    }
    return body;
  }

  byId("title").textContent = `${data.workload} on ${data.platform}`;
  document.title = `${data.workload} on ${data.platform}: ${time(timeline.latency_s)}`;
  byId("subtitle").textContent =
      `${data.summary}. Mapped by ${data.mapper}` + (data.evaluator === "none" ? "." : `, searched by the ${data.evaluator} evaluator.`);
  for (const [name, value, remark] of data.figures) {
    const figure = make("div", byId("figures"), undefined, "figure");
    make("span", figure, name);
    make("b", figure, value);
    make("span", figure, remark);
  }
  fillTable("steps", data.steps.headings, data.steps.rows).lastElementChild.className = "result";
  for (const note of data.notes) make("li", byId("notes"), note);
  fillTable("inputs", [["file", ""], ["SHA-256", ""]], data.inputs.map(([path, sha]) => [path, make("span", null, sha, "mono")]));
  byId("command").textContent = data.command ?? "";
  byId("footer").textContent = `h2h-sim ${data.version}, SimGrid ${data.simgrid}`;

  // ---- Where the latency goes ----

  const partColours = { compute: "#2f9e5f", weights: "#d64550", inputs: "#3f7fd1", outputs: "#e89c31", waiting: "#6f7b87" };
  const spare = ["#805ac8", "#139aa3", "#8a5a3c", "#c54f9b"];
  (function showAccount({ parts, steps, chain, remarks, changes, change_factor: factor }) {
    const colours = parts.map((name, i) => partColours[name] ?? spare[i % spare.length]);
    const legend = make("div", byId("account"), undefined, "legend");
    parts.forEach((name, i) => addLegend(legend, name, colours[i]));
    const grid = make("div", byId("account"), undefined, "account");
    const sum = (list) => list.reduce((a, b) => a + b, 0);
    const longest = Math.max(...steps.map(([, seconds]) => sum(seconds)));
    for (const [name, seconds] of steps) {
      make("div", grid, name);
      const bar = make("div", grid, undefined, "bar");
      seconds.forEach((value, i) => {
        if (value <= 0) return;
        const share = value / longest;
        const part = make("div", bar, time(value), share < 0.06 ? "thin" : "");
        part.style.width = `${100 * share}%`;
        part.style.background = colours[i];
        part.title = `${parts[i]}: ${time(value)}, ${percent(value / sum(seconds))}`;
      });
      make("div", grid, time(sum(seconds)), "total");
    }
    for (const remark of remarks) make("li", byId("remarks"), remark);
    byId("changes-section").hidden = factor === 0;
    byId("changes-hint").textContent = changes.length === 0
        ? `No single part that is ${factor} times as good would shorten this mapping's run.`
        : `The same mapping with one part ${factor} times as good: a link's bandwidth, an accelerator's speed, or the size of its memory (then what it keeps there is chosen anew).`;
    if (changes.length > 0) {
      fillTable("changes", [["part", ""], ["latency", runUnit], ["saves", runUnit], ["saves", "%"]],
                changes.map(([what, latency, saving]) => [what, inRunUnit(latency), inRunUnit(saving), (100 * saving / timeline.latency_s).toFixed(1)]));
    }
    const stages = timeline.layers.map(() => timeline.lanes.map(() => 0));
    const spans = timeline.layers.map(() => [Infinity, 0]);
    for (const fpga of timeline.fpgas) {
      fpga.lanes.forEach((lane, l) => {
        for (const [layer, start, end] of lane) {
          stages[layer][l] += end - start;
          spans[layer] = [Math.min(spans[layer][0], start), Math.max(spans[layer][1], end)];
        }
      });
    }
    fillTable("chain", [["layer", ""], ["FPGA", ""], ["start", runUnit], ["end", runUnit], ...timeline.lanes.map((l) => [l.name, runUnit])],
              chain.map((i) => [timeline.layers[i].name, timeline.fpgas[timeline.layers[i].fpga].name, ...spans[i].map(inRunUnit),
                                ...stages[i].map(inRunUnit)]));
  })(data.account);

  function addLegend(parent, name, colour) {
    const entry = make("span", parent);
    make("i", entry).style.background = colour;
    entry.append(name);
  }

  // ---- Curves ----

  // Value of a curve at a time: the last step at or before it.
  function valueAt(curve, t) {
    let low = 0;
    let high = curve.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (curve[middle][0] <= t) low = middle; else high = middle - 1;
    }
    return curve[low][1];
  }

  // Points of the curve over columns of equal width, each with its highest value: what is short stays visible.
  function columns(curve, from, to, count) {
    const highest = new Array(count).fill(0);
    const column = (t) => Math.floor((t - from) / (to - from) * count);
    curve.forEach(([start, value], i) => {
      const end = i + 1 < curve.length ? curve[i + 1][0] : Infinity;
      if (end < from || start > to) return;
      const last = Math.min(count - 1, column(Math.min(end, to)));
      for (let c = Math.max(0, column(start)); c <= last; ++c) highest[c] = Math.max(highest[c], value);
    });
    return highest;
  }

  function sparkline(curve, most, colour, describe) {
    const count = 900;
    const height = 26;
    const values = columns(curve, 0, timeline.latency_s, count);
    const y = (value) => (height - (most > 0 ? Math.min(1, value / most) * (height - 2) : 0)).toFixed(1);
    let path = `M0 ${height}`;
    values.forEach((value, i) => {
      if (i === 0 || value !== values[i - 1]) path += `V${y(value)}`;
      if (i + 1 === values.length || value !== values[i + 1]) path += `H${i + 1}`;
    });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${count} ${height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    const area = document.createElementNS("http://www.w3.org/2000/svg", "path");
    area.setAttribute("d", `${path}V${height}Z`);
    area.setAttribute("fill", colour);
    area.setAttribute("fill-opacity", "0.75");
    svg.append(area);
    svg.addEventListener("mousemove", (event) => {
      const box = svg.getBoundingClientRect();
      const t = (event.clientX - box.left) / box.width * timeline.latency_s;
      showTooltip(event, `${time(t)}: ${describe(valueAt(curve, t))}`);
    });
    svg.addEventListener("mouseleave", hideTooltip);
    return svg;
  }

  const peak = (curve) => curve.reduce((most, [, value]) => Math.max(most, value), 0);
  function mean(curve) {
    let sum = 0;
    curve.forEach(([start, value], i) => {
      const end = i + 1 < curve.length ? Math.min(curve[i + 1][0], timeline.latency_s) : timeline.latency_s;
      sum += value * Math.max(0, end - start);
    });
    return sum / timeline.latency_s;
  }

  fillTable("links", [["link", ""], ["bandwidth", ""], ["bytes", ""], ["busy", ""], ["mean use", ""], ["bandwidth in use", ""]],
            timeline.links.map((link) => [
              link.name, withPrefix(link.bandwidth_Bps, "B/s"), withPrefix(link.bytes, "B"), percent(link.busy_s / timeline.latency_s),
              percent(link.bytes / link.bandwidth_Bps / timeline.latency_s),
              sparkline(link.rate, link.bandwidth_Bps, "#1f8a70", (v) => `${withPrefix(v, "B/s")}, ${percent(v / link.bandwidth_Bps)}`)]));
  fillTable("dram", [["FPGA", ""], ["capacity", ""], ["peak", ""], ["of capacity", ""], ["in use", ""]],
            timeline.fpgas.map((fpga) => [
              `${fpga.name} ${fpga.model}`, withPrefix(fpga.dram_bytes, "B"), withPrefix(peak(fpga.dram), "B"),
              fpga.dram_bytes > 0 ? percent(peak(fpga.dram) / fpga.dram_bytes) : "-",
              sparkline(fpga.dram, peak(fpga.dram), "#3366cc", (v) => withPrefix(v, "B"))]));
  fillTable("power", [["of", ""], ["mean", "W"], ["peak", "W"], ["over the run", ""]],
            [["all FPGAs and links", timeline.power], ...timeline.fpgas.map((f) => [`${f.name} ${f.model}`, f.power])].map(([name, curve]) => [
              name, significant(mean(curve)), significant(peak(curve)), sparkline(curve, peak(curve), "#b03a2e", (v) => `${significant(v)} W`)]));

  // ---- Tooltip ----

  const tooltip = byId("tooltip");
  function showTooltip(event, text) {
    tooltip.textContent = text;
    tooltip.hidden = false;
    const gap = 14;
    const right = event.clientX + gap + tooltip.offsetWidth > window.innerWidth;
    const below = event.clientY + gap + tooltip.offsetHeight > window.innerHeight;
    tooltip.style.left = `${Math.max(0, right ? event.clientX - gap - tooltip.offsetWidth : event.clientX + gap)}px`;
    tooltip.style.top = `${Math.max(0, below ? event.clientY - gap - tooltip.offsetHeight : event.clientY + gap)}px`;
  }
  function hideTooltip() {
    tooltip.hidden = true;
  }

  // ---- Gantt ----

  const canvas = byId("gantt");
  const context = canvas.getContext("2d");
  const laneHeight = 17;
  const barHeight = 14;
  const curveHeight = 22;
  const names = 190;
  const axisHeight = 28;
  const groupGap = 8;
  const whole = [0, timeline.latency_s];
  let view = [...whole];
  let rows = [];
  let width = 0;
  let chosen = -1;
  let found = new Set();

  const consumers = new Map();
  for (const fpga of timeline.fpgas) {
    for (const lane of fpga.lanes) {
      for (const [layer, , , , producer] of lane) {
        if (producer >= 0) consumers.set(producer, [...(consumers.get(producer) ?? []), layer]);
      }
    }
  }

  // What is drawn where: a row for each lane that has bars, one for the DRAM if it is ever used.
  function layOut() {
    rows = [];
    let y = axisHeight;
    timeline.fpgas.forEach((fpga, f) => {
      const first = rows.length;
      fpga.lanes.forEach((bars, l) => {
        if (bars.length > 0) rows.push({ f, l, bars, y, height: laneHeight });
        if (bars.length > 0) y += laneHeight;
      });
      if (rows.length === first) {
        rows.push({ f, l: 0, bars: [], y, height: laneHeight, empty: true });
        y += laneHeight;
      }
      if (byId("show-curves").checked && peak(fpga.dram) > 0) {
        rows.push({ f, curve: fpga.dram, most: peak(fpga.dram), y, height: curveHeight });
        y += curveHeight;
      }
      rows[first].leads = true;
      y += groupGap;
    });
    return y;
  }

  const x = (t) => names + (t - view[0]) / (view[1] - view[0]) * (width - names);
  const timeAt = (px) => view[0] + (px - names) / (width - names) * (view[1] - view[0]);
  const colourOf = (layer, lane) => {
    const mode = Number(byId("colours").value);
    return mode === 0 && timeline.lanes[lane].colour ? timeline.lanes[lane].colour : timeline.layers[layer].colours[mode];
  };

  function ticks(from, to, wanted) {
    const rough = (to - from) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
    const places = [];
    for (let i = Math.ceil(from / step); i * step <= to; ++i) places.push(i * step);
    return [places, step];
  }

  function isFaint(layer) {
    if (byId("show-critical").checked && !timeline.layers[layer].critical) return true;
    if (found.size > 0) return !found.has(layer);
    if (chosen < 0 || layer === chosen) return false;
    return !(consumers.get(chosen) ?? []).includes(layer) && !(consumers.get(layer) ?? []).includes(chosen);
  }

  function drawAxis(height) {
    const [places, step] = ticks(view[0] * perSecond, view[1] * perSecond, Math.max(2, (width - names) / 110));
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    context.font = "12px system-ui, Arial, sans-serif";
    context.textAlign = "center";
    for (const place of places) {
      const at = x(place / perSecond);
      context.fillStyle = "#e8eaed";
      context.fillRect(Math.round(at), axisHeight - 6, 1, height);
      context.fillStyle = "#5f6368";
      context.fillText(`${place.toFixed(digits)} ${runUnit}`, Math.max(names + 16, Math.min(at, width - 26)), 14);
    }
    context.textAlign = "left";
  }

  function drawMarks(height) {
    context.fillStyle = "#202124";
    for (const [, t] of timeline.marks) {
      if (t >= view[0] && t <= view[1]) context.fillRect(Math.round(x(t)) - 1, axisHeight - 8, 1, height);
    }
  }

  function drawBars(row) {
    context.fillStyle = "#f6f7f9";
    context.fillRect(names, row.y, width - names, barHeight);
    for (const [layer, start, end] of row.bars) {
      if (end < view[0] || start > view[1]) continue;
      const from = Math.max(names, x(start));
      const to = Math.min(width, x(end));
      context.globalAlpha = isFaint(layer) ? 0.15 : 1;
      context.fillStyle = colourOf(layer, row.l);
      context.fillRect(from, row.y, Math.max(0.6, to - from), barHeight);
      if (timeline.layers[layer].critical && to - from > 3) {
        context.fillStyle = "#202124";
        context.fillRect(from, row.y + barHeight - 2, to - from, 2);
      }
      const name = timeline.layers[layer].name;
      context.font = "10px system-ui, Arial, sans-serif";
      if (to - from > 14 && context.measureText(name).width < to - from - 5) {
        context.fillStyle = "#fff";
        context.fillText(name, from + 3, row.y + 10.5);
      }
      if (to - from > 4) {
        context.fillStyle = "rgba(255,255,255,.55)";
        context.fillRect(to - 1, row.y, 1, barHeight);
      }
      context.globalAlpha = 1;
    }
  }

  function drawCurve(row) {
    const count = Math.max(1, Math.floor(width - names));
    const values = columns(row.curve, view[0], view[1], count);
    const base = row.y + row.height - 4;
    context.fillStyle = "rgba(51,102,204,.45)";
    context.beginPath();
    context.moveTo(names, base);
    values.forEach((value, i) => {
      const top = base - value / row.most * (row.height - 6);
      context.lineTo(names + i, top);
      context.lineTo(names + i + 1, top);
    });
    context.lineTo(names + count, base);
    context.fill();
  }

  function drawNames() {
    context.clearRect(0, 0, names, canvas.clientHeight);
    for (const row of rows) {
      const fpga = timeline.fpgas[row.f];
      if (row.leads) {
        context.fillStyle = "#202124";
        context.font = "600 12px system-ui, Arial, sans-serif";
        context.fillText(`${fpga.name} ${fpga.model}`, 0, row.y + 11, names - 62);
      }
      context.fillStyle = "#5f6368";
      context.font = "11px system-ui, Arial, sans-serif";
      context.textAlign = "right";
      context.fillText(row.curve ? "DRAM" : row.empty ? "unused" : timeline.lanes[row.l].name, names - 8, row.y + 11);
      context.textAlign = "left";
    }
  }

  function drawArrows() {
    if (!byId("show-arrows").checked) return;
    const place = new Map(rows.filter((r) => !r.curve).map((r) => [r.f * timeline.lanes.length + r.l, r.y + barHeight / 2]));
    const inputLane = timeline.lanes.findIndex((lane) => lane.name === "inputs");
    context.lineWidth = 1;
    for (const [producer, consumer, lane, start, end] of timeline.arrows) {
      if (end < view[0] || start > view[1]) continue;
      const strong = producer === chosen || consumer === chosen;
      if (!strong && (isFaint(producer) || isFaint(consumer))) continue;
      const from = [x(start), place.get(timeline.layers[producer].fpga * timeline.lanes.length + lane)];
      const to = [x(end), place.get(timeline.layers[consumer].fpga * timeline.lanes.length + inputLane)];
      context.strokeStyle = context.fillStyle = strong ? "#202124" : "rgba(60,64,67,.32)";
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
      const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
      context.beginPath();
      context.moveTo(...to);
      for (const side of [-0.4, 0.4]) context.lineTo(to[0] - 6 * Math.cos(angle + side), to[1] - 6 * Math.sin(angle + side));
      context.fill();
    }
  }

  function draw() {
    const height = layOut();
    const ratio = window.devicePixelRatio || 1;
    width = canvas.parentElement.clientWidth;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    drawAxis(height);
    for (const row of rows) {
      if (row.curve) drawCurve(row); else drawBars(row);
    }
    drawArrows();
    drawMarks(height);
    drawNames();
  }

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    window.requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }

  function setView(from, to) {
    const shortest = timeline.latency_s * 1e-6;
    const length = Math.min(timeline.latency_s, Math.max(shortest, to - from));
    const start = Math.min(Math.max(0, from), timeline.latency_s - length);
    view = [start, start + length];
    redraw();
  }
  function zoom(factor, centre) {
    setView(centre - (centre - view[0]) * factor, centre + (view[1] - centre) * factor);
  }
  const middle = () => (view[0] + view[1]) / 2;

  function barAt(event) {
    const box = canvas.getBoundingClientRect();
    const at = [event.clientX - box.left, event.clientY - box.top];
    if (at[0] < names) return null;
    const row = rows.find((r) => at[1] >= r.y && at[1] < r.y + r.height);
    if (!row) return null;
    const t = timeAt(at[0]);
    if (row.curve) return { row, t };
    const slack = 2 * (view[1] - view[0]) / (width - names);
    let best = null;
    for (const bar of row.bars) {
      if (bar[1] - slack > t) break;
      if (bar[2] + slack >= t && (!best || bar[1] <= t)) best = bar;
    }
    return best ? { row, t, bar: best } : null;
  }

  function describe({ row, t, bar }) {
    if (row.curve) {
      const value = valueAt(row.curve, t);
      const capacity = timeline.fpgas[row.f].dram_bytes;
      return `${time(t)}: ${withPrefix(value, "B")} of ${withPrefix(capacity, "B")} in use`;
    }
    const [index, start, end, bytes, producer] = bar;
    const layer = timeline.layers[index];
    const lines = [`${layer.name} (${layer.type}${layer.modality ? `, ${layer.modality}` : ""}) on ${timeline.fpgas[row.f].name}`];
    const made = producer >= 0 ? ` of ${timeline.layers[producer].name}` : "";
    lines.push(`${timeline.lanes[row.l].name}${made}${timeline.lanes[row.l].name === "compute" ? "" : `: ${withPrefix(bytes, "B")}`}`);
    lines.push(`${time(start)} to ${time(end)}, ${time(end - start)} long`);
    if (layer.pinned) lines.push("weights pinned");
    if (layer.critical) lines.push("on the critical chain");
    return lines.join("\n");
  }

  let drag = null;
  canvas.addEventListener("mousedown", (event) => {
    drag = { at: event.clientX, view: [...view], moved: false };
  });
  window.addEventListener("mousemove", (event) => {
    if (!drag) return;
    const shift = event.clientX - drag.at;
    if (Math.abs(shift) > 3) drag.moved = true;
    if (!drag.moved) return;
    canvas.classList.add("dragging");
    hideTooltip();
    const seconds = shift / (width - names) * (drag.view[1] - drag.view[0]);
    setView(drag.view[0] - seconds, drag.view[1] - seconds);
  });
  window.addEventListener("mouseup", (event) => {
    canvas.classList.remove("dragging");
    if (drag && !drag.moved && event.target === canvas) {
      const bar = barAt(event)?.bar;
      chosen = bar && bar[0] !== chosen ? bar[0] : -1;
      redraw();
    }
    drag = null;
  });
  canvas.addEventListener("mousemove", (event) => {
    if (drag?.moved) return;
    const hit = barAt(event);
    if (hit) showTooltip(event, describe(hit)); else hideTooltip();
  });
  canvas.addEventListener("mouseleave", hideTooltip);
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const turn = event.deltaY || event.deltaX;
    zoom(turn > 0 ? 1.25 : 0.8, timeAt(event.clientX - canvas.getBoundingClientRect().left));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(0.4, timeAt(event.clientX - canvas.getBoundingClientRect().left)));
  canvas.addEventListener("keydown", (event) => {
    const shift = 0.15 * (view[1] - view[0]);
    const actions = {
      "+": () => zoom(0.7, middle()), "=": () => zoom(0.7, middle()), "-": () => zoom(1.4, middle()), 0: () => setView(...whole),
      ArrowLeft: () => setView(view[0] - shift, view[1] - shift), ArrowRight: () => setView(view[0] + shift, view[1] + shift),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  byId("zoom-in").addEventListener("click", () => zoom(0.6, middle()));
  byId("zoom-out").addEventListener("click", () => zoom(1.7, middle()));
  byId("zoom-reset").addEventListener("click", () => setView(...whole));
  for (const id of ["show-arrows", "show-curves", "show-critical"]) byId(id).addEventListener("change", redraw);
  function showLegend() {
    byId("legend").replaceChildren();
    for (const [name, colour] of timeline.legends[Number(byId("colours").value)]) addLegend(byId("legend"), name, colour);
    addLegend(byId("legend"), "underlined: on the critical chain", "#202124");
  }
  byId("colours").addEventListener("change", () => {
    showLegend();
    redraw();
  });
  byId("find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    found = new Set();
    if (wanted) timeline.layers.forEach((layer, i) => layer.name.toLowerCase().includes(wanted) && found.add(i));
    byId("found").textContent = wanted ? `${found.size} of ${timeline.layers.length} layers` : "";
    redraw();
  });
  window.addEventListener("resize", redraw);
  showLegend();
  draw();
})();
