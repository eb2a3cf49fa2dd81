// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/scenario_comparison.hpp>

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include <h2h/report/csv.hpp>
#include <h2h/report/text_table.hpp>

#include "../cells.hpp"
#include "../figures.hpp"

namespace h2h {
namespace {

constexpr double kBytesPerMegabyte = 1e6;
/// Of fewer frames the 99th percentile by nearest rank is the maximum.
constexpr std::size_t kFramesOfP99 = 100;

std::string describe_remap(const ScenarioContest& contest, const ScenarioEntry& entry) {
  return contest.changes > 0 ? std::string(to_string(entry.remap)) : "-";
}

Cells cells_of(const ScenarioContest& contest) {
  double longest_s = 0;
  double most_lost_s = 0;
  for (const ScenarioEntry& entry : contest.entries) {
    longest_s = std::max(longest_s, entry.latencies.max_s);
    most_lost_s = std::max(most_lost_s, entry.lost_s);
  }
  const TimeUnit unit = TimeUnit::for_longest(longest_s);
  const TimeUnit lost_unit = most_lost_s > 0 ? TimeUnit::for_longest(most_lost_s) : unit;
  Cells cells{{"mapper", "remap", "median", contest.frames < kFramesOfP99 ? "max" : "p99"},
              {"", "", std::string(unit.name), std::string(unit.name)},
              {}};
  const auto add = [&](const std::string& heading, std::string_view column_unit) {
    cells.headings.push_back(heading);
    cells.units.emplace_back(column_unit);
  };
  if (contest.deadline_s) add("late", "");
  add("lost", lost_unit.name);
  add("loaded", "MB");
  add("energy", "J");
  add("rate", "1/s");
  for (const ScenarioEntry& entry : contest.entries) {
    std::vector<std::string> row = {entry.mapper, describe_remap(contest, entry),
                                    unit.format(entry.latencies.median_s),
                                    unit.format(entry.latencies.p99_s)};
    if (contest.deadline_s) row.push_back(fmt::format("{}", entry.deadline_misses));
    row.push_back(lost_unit.format(entry.lost_s));
    row.push_back(significant(static_cast<double>(entry.loaded_bytes) / kBytesPerMegabyte));
    row.push_back(significant(entry.energy_per_frame_J));
    row.push_back(entry.sustainable_period_s ? significant(1 / *entry.sustainable_period_s) : "-");
    cells.rows.push_back(std::move(row));
  }
  return cells;
}

std::string footnote(const ScenarioContest& contest) {
  std::string text = fmt::format("{} frame{}, {} change{}", contest.frames, contest.frames == 1 ? "" : "s",
                                 contest.changes, contest.changes == 1 ? "" : "s");
  if (contest.cold) text += ", no weights there at first";
  text += "; ranked by median latency, then by what is lost";
  if (contest.deadline_s) {
    const TimeUnit unit = TimeUnit::for_longest(*contest.deadline_s);
    text += fmt::format("; late: frames of more than {} {}", unit.format(*contest.deadline_s), unit.name);
  }
  text +=
      "; lost: by how much weights to bring lengthened latencies, all frames together; loaded: these "
      "weights; "
      "energy: of a frame; rate: the highest that the platform sustains";
  text += fmt::format("; searched by the {} evaluator", contest.evaluator);
  if (const std::string model = describe_model(contest.execution, contest.activations); !model.empty())
    text += "; " + model;
  return text;
}

}  // namespace

std::string ScenarioContest::title() const {
  return fmt::format("{} on {}{}", scenario.empty() ? workload : fmt::format("{} ({})", scenario, workload),
                     platform, bandwidth.empty() ? "" : fmt::format(" at {}", bandwidth));
}

ScenarioContest contest_of(const ScenarioReport& report, const std::string& bandwidth) {
  ScenarioContest contest;
  contest.workload = report.workload->name();
  contest.platform = report.system->name;
  contest.bandwidth = bandwidth;
  contest.scenario = report.scenario;
  contest.activations = report.activations;
  return contest;
}

void add_run(ScenarioContest& contest, const ScenarioRun& run) {
  contest.evaluator = run.evaluator;
  contest.execution = run.execution;
  contest.cold = run.options.cold;
  contest.eviction = run.options.eviction;
  contest.deadline_s = run.options.deadline_s;
  contest.frames = run.latencies.frames;
  contest.changes = run.phases.size() - 1;
  ScenarioEntry entry;
  entry.mapper = run.mapper;
  entry.remap = run.options.remap;
  entry.latencies = run.latencies;
  entry.deadline_misses = run.deadline_misses();
  entry.lost_s = run.lost_s();
  entry.loaded_bytes = run.loaded_bytes();
  entry.layers_moved = run.layers_moved();
  entry.sustainable_period_s = run.sustainable_period_s();
  entry.throughput_Hz = run.throughput_Hz;
  entry.energy_per_frame_J = run.energy_per_frame_J();
  for (const PhaseRun& phase : run.phases) {
    entry.search_s += phase.search_s;
    entry.evaluations += phase.evaluations;
  }
  const auto rank = [](const ScenarioEntry& one) { return std::tuple(one.latencies.median_s, one.lost_s); };
  const auto place =
      std::upper_bound(contest.entries.begin(), contest.entries.end(), entry,
                       [&](const ScenarioEntry& a, const ScenarioEntry& b) { return rank(a) < rank(b); });
  contest.entries.insert(place, std::move(entry));
}

void write_scenario_comparison_table(std::ostream& out, std::span<const ScenarioContest> contests) {
  for (const ScenarioContest& contest : contests) {
    fmt::print(out, "{}\n\n", contest.title());
    write_text(out, cells_of(contest));
    out << '\n';
    write_wrapped(out, footnote(contest), 2);
    if (&contest != &contests.back()) out << '\n';
  }
}

void write_scenario_comparison_markdown(std::ostream& out, std::span<const ScenarioContest> contests) {
  for (const ScenarioContest& contest : contests) {
    fmt::print(out, "### {}\n\n", contest.title());
    write_markdown(out, cells_of(contest));
    fmt::print(out, "\n{}\n\n", footnote(contest));
  }
}

void write_scenario_comparison_csv(std::ostream& out, std::span<const ScenarioContest> contests,
                                   bool timing) {
  std::vector<std::string> header = {"workload",
                                     "platform",
                                     "bandwidth",
                                     "scenario",
                                     "evaluator",
                                     "mapper",
                                     "remap",
                                     "evict",
                                     "frames",
                                     "changes",
                                     "mean_s",
                                     "median_s",
                                     "p95_s",
                                     "p99_s",
                                     "max_s",
                                     "deadline_s",
                                     "deadline_misses",
                                     "lost_s",
                                     "loaded_bytes",
                                     "layers_moved",
                                     "throughput_Hz",
                                     "sustainable_period_s",
                                     "energy_per_frame_J",
                                     "evaluations",
                                     "execution",
                                     "activations",
                                     "cold"};
  if (timing) header.emplace_back("search_s");
  write_csv_row(out, header);
  for (const ScenarioContest& contest : contests) {
    for (const ScenarioEntry& entry : contest.entries) {
      std::vector<std::string> row = {contest.workload,
                                      contest.platform,
                                      contest.bandwidth,
                                      contest.scenario,
                                      contest.evaluator,
                                      entry.mapper,
                                      contest.changes > 0 ? std::string(to_string(entry.remap)) : "",
                                      std::string(to_string(contest.eviction)),
                                      fmt::format("{}", contest.frames),
                                      fmt::format("{}", contest.changes),
                                      csv_number(entry.latencies.mean_s),
                                      csv_number(entry.latencies.median_s),
                                      csv_number(entry.latencies.p95_s),
                                      csv_number(entry.latencies.p99_s),
                                      csv_number(entry.latencies.max_s),
                                      csv_number(contest.deadline_s),
                                      contest.deadline_s ? fmt::format("{}", entry.deadline_misses) : "",
                                      csv_number(entry.lost_s),
                                      fmt::format("{}", entry.loaded_bytes),
                                      fmt::format("{}", entry.layers_moved),
                                      csv_number(entry.throughput_Hz),
                                      csv_number(entry.sustainable_period_s),
                                      csv_number(entry.energy_per_frame_J),
                                      fmt::format("{}", entry.evaluations),
                                      std::string(to_string(contest.execution)),
                                      std::string(to_string(contest.activations)),
                                      contest.cold ? "true" : "false"};
      if (timing) row.push_back(csv_number(entry.search_s));
      write_csv_row(out, row);
    }
  }
}

void write_scenario_comparison_json(std::ostream& out, std::span<const ScenarioContest> contests,
                                    bool timing) {
  using Json = nlohmann::ordered_json;
  const auto number = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  Json root = {{"schema", "h2h-sim/scenario-comparison/1"}, {"contests", Json::array()}};
  for (const ScenarioContest& contest : contests) {
    Json one = {{"workload", contest.workload},
                {"platform", contest.platform},
                {"bandwidth", contest.bandwidth},
                {"scenario", contest.scenario},
                {"evaluator", contest.evaluator},
                {"execution", to_string(contest.execution)},
                {"activations", to_string(contest.activations)},
                {"cold", contest.cold},
                {"evict", to_string(contest.eviction)},
                {"deadline_s", number(contest.deadline_s)},
                {"frames", contest.frames},
                {"changes", contest.changes},
                {"entries", Json::array()}};
    for (const ScenarioEntry& entry : contest.entries) {
      Json row = {{"mapper", entry.mapper},
                  {"remap", contest.changes > 0 ? Json(to_string(entry.remap)) : Json()},
                  {"mean_s", entry.latencies.mean_s},
                  {"median_s", entry.latencies.median_s},
                  {"p95_s", entry.latencies.p95_s},
                  {"p99_s", entry.latencies.p99_s},
                  {"max_s", entry.latencies.max_s},
                  {"deadline_misses", contest.deadline_s ? Json(entry.deadline_misses) : Json()},
                  {"lost_s", entry.lost_s},
                  {"loaded_bytes", entry.loaded_bytes},
                  {"layers_moved", entry.layers_moved},
                  {"throughput_Hz", entry.throughput_Hz},
                  {"sustainable_period_s", number(entry.sustainable_period_s)},
                  {"energy_per_frame_J", entry.energy_per_frame_J},
                  {"evaluations", entry.evaluations}};
      if (timing) row["search_s"] = entry.search_s;
      one["entries"].push_back(std::move(row));
    }
    root["contests"].push_back(std::move(one));
  }
  out << root.dump(2) << '\n';
}

}  // namespace h2h
