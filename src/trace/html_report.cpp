// SPDX-License-Identifier: Apache-2.0
#include <h2h/trace/html_report.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <h2h/base/units.hpp>
#include <h2h/trace/timeline.hpp>
#include <h2h/version.hpp>

#include "page.hpp"
#include "palette.hpp"
#include "report/figures.hpp"

namespace h2h {
namespace {

using nlohmann::ordered_json;

ordered_json curve_json(const Curve& curve) {
  ordered_json steps = ordered_json::array();
  for (const Curve::Step& step : curve.steps) steps.push_back({step.time_s, step.value});
  return steps;
}

/// Bars of the same lane know their stage by it. @returns [layer, start, end, bytes, producer or -1]
ordered_json bar_json(const Timeline::Bar& bar) {
  const std::int64_t producer = bar.producer == Timeline::kNoLayer ? -1 : std::int64_t{bar.producer};
  return {bar.layer, bar.start_s, bar.end_s, bar.bytes, producer};
}

ordered_json fpgas_json(const Timeline& timeline) {
  ordered_json fpgas = ordered_json::array();
  for (const Timeline::Fpga& fpga : timeline.fpgas) {
    ordered_json lanes = ordered_json::array();
    for (const auto& lane : fpga.lanes) {
      ordered_json& bars = lanes.emplace_back(ordered_json::array());
      for (const Timeline::Bar& bar : lane) bars.push_back(bar_json(bar));
    }
    fpgas.push_back({{"name", fpga.name},
                     {"model", fpga.model},
                     {"dram_bytes", fpga.dram_bytes},
                     {"lanes", std::move(lanes)},
                     {"dram", curve_json(fpga.dram_in_use_bytes)},
                     {"power", curve_json(fpga.power_W)}});
  }
  return fpgas;
}

ordered_json links_json(const Timeline& timeline) {
  ordered_json links = ordered_json::array();
  for (const Timeline::Link& link : timeline.links) {
    links.push_back({{"name", link.name},
                     {"bandwidth_Bps", link.bandwidth_Bps},
                     {"bytes", link.bytes},
                     {"busy_s", link.busy_s},
                     {"rate", curve_json(link.rate_Bps)}});
  }
  return links;
}

/// Layers with their colours, kind first; those of transfers by lane.
ordered_json layers_json(const Timeline& timeline) {
  const Palette kinds(timeline, ColourBy::kind);
  const Palette modalities(timeline, ColourBy::modality);
  ordered_json layers = ordered_json::array();
  for (LayerIndex i = 0; i < timeline.layers.size(); ++i) {
    const Timeline::Layer& layer = timeline.layers[i];
    const Timeline::Bar computation{i};
    layers.push_back({{"name", layer.name},
                      {"type", to_string(layer.type)},
                      {"modality", layer.modality},
                      {"fpga", layer.fpga},
                      {"pinned", layer.pinned},
                      {"critical", layer.critical},
                      {"colours", {kinds.of(computation).hex(), modalities.of(computation).hex()}}});
  }
  return layers;
}

ordered_json lanes_json(const Timeline& timeline) {
  const Palette kinds(timeline, ColourBy::kind);
  ordered_json lanes = ordered_json::array();
  for (const Stage stage : kLanes) {
    ordered_json lane = {{"name", to_string(stage)}};
    // Computations have the colours of their layers.
    lane["colour"] = stage == Stage::compute ? ordered_json() : ordered_json(kinds.of({0, stage}).hex());
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

ordered_json legend_json(const Timeline& timeline, ColourBy what) {
  ordered_json legend = ordered_json::array();
  const Palette palette(timeline, what);
  for (const LegendEntry& entry : palette.legend()) legend.push_back({entry.label, entry.colour.hex()});
  return legend;
}

ordered_json timeline_json(const Timeline& timeline) {
  ordered_json arrows = ordered_json::array();
  for (const Timeline::Arrow& arrow : timeline.arrows) {
    std::size_t from = 0;
    while (kLanes.at(from) != arrow.from) ++from;
    arrows.push_back({arrow.producer, arrow.consumer, from, arrow.start_s, arrow.end_s});
  }
  ordered_json marks = ordered_json::array();
  for (const Timeline::Mark& mark : timeline.marks) marks.push_back({mark.name, mark.time_s});
  return {{"latency_s", timeline.latency_s},
          {"layers", layers_json(timeline)},
          {"lanes", lanes_json(timeline)},
          {"legends", {legend_json(timeline, ColourBy::kind), legend_json(timeline, ColourBy::modality)}},
          {"fpgas", fpgas_json(timeline)},
          {"links", links_json(timeline)},
          {"power", curve_json(timeline.power_W)},
          {"arrows", std::move(arrows)},
          {"marks", std::move(marks)}};
}

/// Headings with their units, and rows of text: the page shows tables as they are.
ordered_json steps_json(const Run& run, bool timing) {
  double longest_s = 0;
  for (const StepOutcome& step : run.steps) longest_s = std::max(longest_s, step.judgement.latency_s);
  const TimeUnit unit = TimeUnit::for_longest(longest_s);
  const std::string name(unit.name);
  // Said to be an array: pairs whose first is a string would make an object.
  ordered_json headings = ordered_json::array({{"step", ""},
                                               {"latency", name},
                                               {"analytic", name},
                                               {"energy", "J"},
                                               {"total energy", "J"},
                                               {"of step 2", "%"},
                                               {"gap", "%"},
                                               {"evaluations", ""}});
  if (timing) headings.push_back(ordered_json::array({"search", "ms"}));
  ordered_json rows = ordered_json::array();
  for (const StepOutcome& step : run.steps) {
    const Judgement& judgement = step.judgement;
    ordered_json row = {step.name,
                        unit.format(judgement.latency_s),
                        judgement.analytic_latency_s ? unit.format(*judgement.analytic_latency_s) : "-",
                        significant(judgement.energy.paper_J()),
                        significant(judgement.energy.total_J()),
                        percent(percent_of_step_2(run, step)),
                        gap_percent(run.gap(judgement)),
                        fmt::format("{}", step.evaluations)};
    if (timing) row.push_back(significant(kMillisecondsPerSecond * step.search_s));
    rows.push_back(std::move(row));
  }
  return {{"headings", std::move(headings)}, {"rows", std::move(rows)}};
}

ordered_json figures_json(const Problem& problem, const Run& run) {
  const Judgement& result = run.result();
  const TimeUnit unit = TimeUnit::for_longest(result.latency_s);
  const TimeUnit bound_unit = TimeUnit::for_longest(run.bound.latency_s);
  const Setup setup = setup_of(problem, result.mapping);
  ordered_json figures = {
      {"latency", fmt::format("{} {}", unit.format(result.latency_s), unit.name),
       result.is_replay ? "replayed by SimGrid" : "analytic, without contention"},
      {"energy", fmt::format("{} J", significant(result.energy.paper_J())), "active power times busy time"},
      {"total energy", fmt::format("{} J", significant(result.energy.total_J())),
       "idling and network included"},
      {"lower bound", fmt::format("{} {}", bound_unit.format(run.bound.latency_s), bound_unit.name),
       run.bound.kind},
      {"pinned beforehand", fmt::format("{}B", with_si_prefix(static_cast<double>(setup.bytes))),
       "of weights"}};
  return figures;
}

ordered_json inputs_json(const Report& report) {
  ordered_json inputs = ordered_json::array();
  for (const InputFile& file : report.files) inputs.push_back({file.path, file.sha256});
  return inputs;
}

ordered_json account_json(const LatencyAccount& account) {
  ordered_json steps = ordered_json::array();
  for (const LatencyAccount::Step& step : account.steps) steps.push_back({step.name, step.seconds});
  ordered_json changes = ordered_json::array();
  for (const LatencyAccount::Change& change : account.changes)
    changes.push_back({change.what, change.latency_s, change.saving_s});
  return {{"parts", account.parts},
          {"steps", std::move(steps)},
          {"chain", account.chain},
          {"remarks", account.remarks},
          {"change_factor", account.change_factor},
          {"changes", std::move(changes)}};
}

std::string summary(const Problem& problem) {
  const Workload& workload = problem.workload();
  return fmt::format("{} layers, {} parameters, {} MACs; {} FPGAs", workload.size(),
                     with_si_prefix(static_cast<double>(workload.weights())),
                     with_si_prefix(static_cast<double>(workload.macs())), problem.accelerators());
}

}  // namespace

LatencyAccount account_of(const Run& run) {
  LatencyAccount account;
  account.parts = {"compute", "weights", "inputs", "outputs", "waiting"};
  for (const StepOutcome& step : run.steps) {
    const CriticalChain& chain = step.judgement.chain;
    account.steps.push_back(
        {step.name, {chain.compute_s, chain.weights_s, chain.inputs_s, chain.outputs_s, chain.waiting_s}});
  }
  account.chain = run.result().chain.layers;
  return account;
}

void add_explanation(LatencyAccount& account, const Explanation& explanation) {
  const double queued_s = explanation.path.queued_s();
  const TimeUnit unit = TimeUnit::for_longest(explanation.latency_s);
  if (queued_s > 0) {
    account.remarks.push_back(fmt::format(
        "Waiting for an accelerator: {} {} ({} %). Meanwhile a layer that is still to come on the "
        "critical path has all its inputs, and its accelerator is not free.",
        unit.format(queued_s), unit.name, percent(kPercent * queued_s / explanation.latency_s)));
  }
  constexpr std::size_t kMost = 10;
  account.change_factor = explanation.what_if.factor;
  for (const Upgrade& upgrade : explanation.what_if.upgrades) {
    if (upgrade.saving_s() <= 0 || account.changes.size() == kMost) break;
    account.changes.push_back(
        {fmt::format("{} {}", to_string(upgrade.kind), upgrade.name), upgrade.latency_s, upgrade.saving_s()});
  }
}

void write_html_report(std::ostream& out, const Report& report, const LatencyAccount& account) {
  assert(report.runs.size() == 1);
  const Problem& problem = *report.problem;
  const Run& run = report.runs.front();
  ordered_json data = {{"version", kVersion},
                       {"simgrid", report.simgrid_version},
                       {"workload", problem.workload().name()},
                       {"platform", problem.system().name},
                       {"summary", summary(problem)},
                       {"mapper", run.mapper},
                       {"evaluator", run.evaluator},
                       {"inputs", inputs_json(report)},
                       {"figures", figures_json(problem, run)},
                       {"steps", steps_json(run, report.command.has_value() && run.evaluator != "none")},
                       {"account", account_json(account)},
                       {"timeline", timeline_json(make_timeline(problem, run))}};
  if (report.command) data["command"] = *report.command;
  ordered_json notes = ordered_json::array();
  for (const StepOutcome& step : run.steps) {
    if (!step.note.empty()) notes.push_back(fmt::format("{}: {}", step.name, step.note));
  }
  for (const std::string& excess : run.result().excesses) notes.push_back("excess: " + excess);
  data["notes"] = std::move(notes);
  // Whatever a name holds, it must not end the script in which the data stands.
  const std::string json = boost::replace_all_copy(
      data.dump(-1, ' ', false, ordered_json::error_handler_t::replace), "<", "\\u003c");
  out << kPageHead << json << kPageTail;
}

}  // namespace h2h
