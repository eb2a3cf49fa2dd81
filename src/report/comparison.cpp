// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include <h2h/report/csv.hpp>

#include "cells.hpp"
#include "figures.hpp"

namespace h2h {
namespace {

double shortest_s(const Contest& contest) {
  return contest.entries.front().latency_s;
}

Cells cells_of(const Contest& contest, bool timing) {
  const TimeUnit unit = TimeUnit::for_longest(contest.entries.back().latency_s);
  Cells cells{
      {"mapper", "latency", "of best", "energy", "gap"}, {"", std::string(unit.name), "", "J", "%"}, {}};
  if (timing) {
    cells.headings.emplace_back("search");
    cells.units.emplace_back("ms");
  }
  for (const Entry& entry : contest.entries) {
    std::vector<std::string> row = {entry.mapper, unit.format(entry.latency_s),
                                    fmt::format("{:.3f}", entry.latency_s / shortest_s(contest)),
                                    significant(entry.energy_J), gap_percent(entry.gap)};
    if (timing) row.push_back(significant(kMillisecondsPerSecond * entry.search_s));
    cells.rows.push_back(std::move(row));
  }
  return cells;
}

Cells cells_of(std::span<const Standing> all, bool timing) {
  Cells cells{{"mapper", "mean", "worst", "wins"}, {"", "of best", "of best", ""}, {}};
  if (timing) {
    cells.headings.emplace_back("search");
    cells.units.emplace_back("s");
  }
  for (const Standing& one : all) {
    std::vector<std::string> row = {one.mapper, fmt::format("{:.3f}", one.mean_ratio),
                                    fmt::format("{:.3f}", one.worst_ratio), std::to_string(one.wins)};
    if (timing) row.push_back(significant(one.search_s));
    cells.rows.push_back(std::move(row));
  }
  return cells;
}

std::string footnote(const Contest& contest) {
  const TimeUnit unit = TimeUnit::for_longest(contest.bound.latency_s);
  const std::string model = describe_model(contest.execution, contest.activations);
  return fmt::format("lower bound {} {} ({}); searched by the {} evaluator{}{}",
                     unit.format(contest.bound.latency_s), unit.name, contest.bound.kind, contest.evaluator,
                     model.empty() ? "" : "; ", model);
}

std::string standings_title(std::span<const Contest> contests) {
  return fmt::format("all {}: geometric mean and worst of the latency over the shortest, wins",
                     contests.size());
}

}  // namespace

std::string Contest::title() const {
  return fmt::format("{} on {}{}", workload, platform,
                     bandwidth.empty() ? "" : fmt::format(" at {}", bandwidth));
}

void add_run(Contest& contest, const Run& run) {
  const Judgement& result = run.result();
  Entry entry{run.mapper, result.latency_s, result.analytic_latency_s, result.energy.paper_J(), run.gap()};
  for (const StepOutcome& step : run.steps) {
    entry.search_s += step.search_s;
    entry.evaluations += step.evaluations;
    entry.exact = entry.exact && step.exact;
  }
  contest.evaluator = run.evaluator;
  contest.execution = result.schedule.execution();
  contest.bound = run.bound;
  const auto place =
      std::upper_bound(contest.entries.begin(), contest.entries.end(), entry,
                       [](const Entry& a, const Entry& b) { return a.latency_s < b.latency_s; });
  contest.entries.insert(place, std::move(entry));
}

std::vector<Standing> standings(std::span<const Contest> contests) {
  std::map<std::string, Standing> by_name;
  for (const Contest& contest : contests) {
    for (const Entry& entry : contest.entries) {
      Standing& one = by_name.try_emplace(entry.mapper, Standing{entry.mapper}).first->second;
      const double ratio = entry.latency_s / shortest_s(contest);
      one.mean_ratio *= std::pow(ratio, 1 / static_cast<double>(contests.size()));
      one.worst_ratio = std::max(one.worst_ratio, ratio);
      one.wins += improves(shortest_s(contest), entry.latency_s) ? 0 : 1;
      one.search_s += entry.search_s;
    }
  }
  std::vector<Standing> all;
  for (const Entry& entry : contests.front().entries) all.push_back(by_name.at(entry.mapper));
  std::stable_sort(all.begin(), all.end(),
                   [](const Standing& a, const Standing& b) { return a.mean_ratio < b.mean_ratio; });
  return all;
}

void write_comparison_table(std::ostream& out, std::span<const Contest> contests, bool timing) {
  for (const Contest& contest : contests) {
    fmt::print(out, "{}\n\n", contest.title());
    write_text(out, cells_of(contest, timing));
    fmt::print(out, "\n  {}\n\n", footnote(contest));
  }
  if (contests.size() < 2) return;
  fmt::print(out, "{}\n\n", standings_title(contests));
  write_text(out, cells_of(standings(contests), timing));
}

void write_comparison_markdown(std::ostream& out, std::span<const Contest> contests, bool timing) {
  for (const Contest& contest : contests) {
    fmt::print(out, "### {}\n\n", contest.title());
    write_markdown(out, cells_of(contest, timing));
    fmt::print(out, "\n{}\n\n", footnote(contest));
  }
  if (contests.size() < 2) return;
  fmt::print(out, "### {}\n\n", standings_title(contests));
  write_markdown(out, cells_of(standings(contests), timing));
}

void write_comparison_csv(std::ostream& out, std::span<const Contest> contests, bool timing) {
  std::vector<std::string> header = {"workload",    "platform",  "bandwidth",          "evaluator",
                                     "mapper",      "latency_s", "analytic_latency_s", "ratio",
                                     "energy_J",    "bound_s",   "bound_kind",         "gap",
                                     "evaluations", "exact",     "execution",          "activations"};
  if (timing) header.emplace_back("search_s");
  write_csv_row(out, header);
  for (const Contest& contest : contests) {
    for (const Entry& entry : contest.entries) {
      std::vector<std::string> row = {contest.workload,
                                      contest.platform,
                                      contest.bandwidth,
                                      contest.evaluator,
                                      entry.mapper,
                                      fmt::format("{}", entry.latency_s),
                                      csv_number(entry.analytic_latency_s),
                                      fmt::format("{}", entry.latency_s / shortest_s(contest)),
                                      fmt::format("{}", entry.energy_J),
                                      fmt::format("{}", contest.bound.latency_s),
                                      contest.bound.kind,
                                      csv_number(entry.gap),
                                      std::to_string(entry.evaluations),
                                      entry.exact ? "true" : "false",
                                      std::string(to_string(contest.execution)),
                                      std::string(to_string(contest.activations))};
      if (timing) row.push_back(fmt::format("{}", entry.search_s));
      write_csv_row(out, row);
    }
  }
}

void write_comparison_json(std::ostream& out, std::span<const Contest> contests, bool timing) {
  nlohmann::ordered_json root = {{"schema", "h2h-sim/comparison/1"},
                                 {"contests", nlohmann::ordered_json::array()}};
  for (const Contest& contest : contests) {
    nlohmann::ordered_json one = {
        {"workload", contest.workload},
        {"platform", contest.platform},
        {"bandwidth", contest.bandwidth},
        {"evaluator", contest.evaluator},
        {"execution", to_string(contest.execution)},
        {"activations", to_string(contest.activations)},
        {"bound", {{"latency_s", contest.bound.latency_s}, {"kind", contest.bound.kind}}},
        {"entries", nlohmann::ordered_json::array()}};
    for (const Entry& entry : contest.entries) {
      nlohmann::ordered_json row = {
          {"mapper", entry.mapper},
          {"latency_s", entry.latency_s},
          {"analytic_latency_s", entry.analytic_latency_s ? nlohmann::ordered_json(*entry.analytic_latency_s)
                                                          : nlohmann::ordered_json()},
          {"energy_J", entry.energy_J},
          {"gap", entry.gap ? nlohmann::ordered_json(*entry.gap) : nlohmann::ordered_json()},
          {"evaluations", entry.evaluations},
          {"exact", entry.exact}};
      if (timing) row["search_s"] = entry.search_s;
      one["entries"].push_back(std::move(row));
    }
    root["contests"].push_back(std::move(one));
  }
  out << root.dump(2) << '\n';
}

}  // namespace h2h
