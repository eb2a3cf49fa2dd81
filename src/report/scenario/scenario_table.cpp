// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <string>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>
#include <h2h/report/scenario.hpp>
#include <h2h/report/text_table.hpp>

#include "../figures.hpp"

namespace h2h {
namespace {

/// Of more events a table shows these only.
constexpr std::size_t kMostEvents = 12;

/// A single time, with its unit: `7 ms`.
std::string time_text(double seconds) {
  const TimeUnit unit = TimeUnit::for_longest(seconds);
  return fmt::format("{:.4g} {}", seconds * unit.per_second, unit.name);
}

std::string bytes_text(std::int64_t bytes) {
  return with_si_prefix(static_cast<double>(bytes));
}

std::string frames_text(std::size_t count) {
  return fmt::format("{} frame{}", count, count == 1 ? "" : "s");
}

/// `one every 7 ms (142.9 frames/s)`
std::string rate_text(double period_s) {
  return fmt::format("one every {} ({} frames/s)", time_text(period_s), significant(1 / period_s));
}

/// `frame 16, 105 ms: -audio, nobody speaks`
std::string event_text(const PhaseRun& before, const PhaseRun& phase) {
  std::string text = fmt::format("frame {}, {}:", phase.phase.first_frame + 1, time_text(phase.begins_s));
  const Switching change = switching(before.phase, phase.phase);
  for (const std::string& name : change.on) text += " +" + name;
  for (const std::string& name : change.off) text += " -" + name;
  if (change.on.empty() && change.off.empty()) text += " nothing";
  if (!phase.phase.note.empty()) text += ", " + phase.phase.note;
  return without_controls(text);
}

/// The run of a mapper that was asked for, and behind it those that it is compared with.
using Runs = std::span<const ScenarioRun>;

std::vector<Runs> by_mapper(const ScenarioReport& report) {
  std::vector<Runs> groups;
  const Runs all = report.runs;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t end = first + 1;
    while (end < all.size() && all[end].options.remap != all[first].options.remap) ++end;
    groups.push_back(all.subspan(first, end - first));
    first = end;
  }
  return groups;
}

/// What is said of one mapper.
class MapperTables {
 public:
  MapperTables(std::ostream& out, const ScenarioReport& report, Runs runs)
      : out_(out), report_(report), runs_(runs), run_(runs.front()), unit_(unit_of(runs)) {}

  void write() const {
    write_head();
    write_latencies();
    write_stream();
    if (run_.phases.size() == 1) return;
    write_events();
    if (runs_.size() == 1) return;
    write_comparison();
    write_totals();
  }

 private:
  static TimeUnit unit_of(Runs runs) {
    double longest_s = 0;
    for (const ScenarioRun& run : runs) longest_s = std::max(longest_s, run.latencies.max_s);
    return TimeUnit::for_longest(longest_s);
  }

  std::string unit() const { return std::string(unit_.name); }
  std::string time(double seconds) const { return unit_.format(seconds); }
  bool has_timing() const { return report_.command.has_value(); }
  std::size_t late(std::span<const double> latencies_s) const {
    return static_cast<std::size_t>(
        std::count_if(latencies_s.begin(), latencies_s.end(),
                      [&](double latency_s) { return misses(latency_s, *run_.options.deadline_s); }));
  }
  std::size_t shown_phases() const { return std::min(run_.phases.size(), kMostEvents + 1); }
  std::size_t hidden_phases() const { return run_.phases.size() - shown_phases(); }
  std::string rest_text() const {
    return fmt::format("{} more event{}: see the CSV or the JSON", hidden_phases(),
                       hidden_phases() == 1 ? "" : "s");
  }

  void write_head() const {
    out_ << '\n';
    std::string text = fmt::format("{}, searched by the {} evaluator", run_.mapper, run_.evaluator);
    if (run_.phases.size() > 1) {
      text += fmt::format("; remap {}, evict {}", to_string(run_.options.remap),
                          to_string(run_.options.eviction));
    }
    write_wrapped(out_, text, 0);
  }

  void write_latencies() const {
    std::vector<double> first_s;
    std::vector<double> other_s;
    for (const PhaseRun& phase : run_.phases) {
      const auto mine = std::span(run_.latencies_s).subspan(phase.phase.first_frame, phase.frames);
      first_s.push_back(mine.front());
      other_s.insert(other_s.end(), mine.begin() + 1, mine.end());
    }
    std::vector<std::string> headings = {"latency", "frames", "mean", "median", "p95", "p99", "max"};
    std::vector<std::string> units = {"", "", unit(), unit(), unit(), unit(), unit()};
    if (run_.options.deadline_s) {
      headings.emplace_back("late");
      units.emplace_back("");
    }
    TextTable table(std::move(headings), std::move(units));
    const auto add = [&](const char* what, std::span<const double> latencies_s) {
      const Latencies all = latencies_of(latencies_s);
      std::vector<std::string> row = {what, std::to_string(all.frames)};
      for (const double seconds : {all.mean_s, all.median_s, all.p95_s, all.p99_s, all.max_s})
        row.push_back(time(seconds));
      if (run_.options.deadline_s) row.push_back(std::to_string(late(latencies_s)));
      table.add(std::move(row));
    };
    add("all frames", run_.latencies_s);
    if (!other_s.empty()) {
      add(run_.phases.size() > 1 ? "first of a phase" : "first frame", first_s);
      add("steady state", other_s);
    }
    out_ << '\n';
    table.write(out_);
    out_ << '\n';
  }

  void write_stream() const {
    const auto say = [&](const std::string& text) { write_wrapped(out_, text, 2); };
    if (run_.phases.size() == 1)
      say(fmt::format("a frame alone, all weights there: {}",
                      time_text(run_.phases[0].judgement->latency_s)));
    say(fmt::format("throughput {} frames/s", significant(run_.throughput_Hz)));
    if (const std::optional<double> period_s = run_.sustainable_period_s()) say(sustainable_text(*period_s));
    say(fmt::format("energy {} J a frame", significant(run_.energy_per_frame_J())));
    if (run_.options.deadline_s) {
      say(fmt::format("{} of {} miss the deadline of {}", run_.deadline_misses(),
                      frames_text(run_.latencies_s.size()), time_text(*run_.options.deadline_s)));
    }
    const WeightStore::Change& first = run_.phases.front().weights;
    say(run_.options.cold
            ? fmt::format("{}B of weights loaded by the first frame", bytes_text(first.loaded_bytes))
            : fmt::format("{}B of weights pinned beforehand", bytes_text(first.reused_bytes)));
    write_notes();
  }

  std::string sustainable_text(double period_s) const {
    std::string text = "highest sustainable rate: " + rate_text(period_s);
    if (!report_.period_s || run_.latencies_s.size() == 1) return text;
    const auto exceeded = static_cast<std::size_t>(std::count_if(
        run_.phases.begin(), run_.phases.end(),
        [&](const PhaseRun& phase) { return phase.sustainable_period_s.value_or(0) > *report_.period_s; }));
    if (exceeded == 0) {
      return text + fmt::format("; the stream stays below it{}",
                                report_.arrivals == Arrivals::poisson ? " on average" : "");
    }
    if (run_.phases.size() > 1)
      text += fmt::format(", exceeded in {} of {} phases", exceeded, run_.phases.size());
    return text + "; the stream is faster, and its frames take the longer the more there are";
  }

  /// Of the mapper, each once.
  void write_notes() const {
    std::vector<std::string_view> said;
    for (const PhaseRun& phase : run_.phases) {
      if (phase.note.empty() || std::find(said.begin(), said.end(), phase.note) != said.end()) continue;
      said.push_back(phase.note);
      write_wrapped(out_, fmt::format("from frame {}: {}", phase.phase.first_frame + 1, phase.note), 2);
    }
  }

  void write_events() const {
    TextTable table({"event", "before", "after", "loaded", "in use", "idle", "evicted", "moved", "lost"},
                    {"", unit(), unit(), "B", "B", "B", "B", "layers", unit()});
    std::vector<std::string> heads;
    std::int64_t evicted_bytes = 0;
    for (std::size_t i = 1; i < run_.phases.size(); ++i) {
      const PhaseRun& before = run_.phases[i - 1];
      const PhaseRun& phase = run_.phases[i];
      const WeightStore::Change& weights = phase.weights;
      evicted_bytes += weights.evicted_bytes;
      if (i >= shown_phases()) continue;
      heads.push_back(event_text(before, phase));
      table.add({"  " + frames_text(phase.frames), time(before.judgement->latency_s),
                 time(phase.judgement->latency_s), bytes_text(weights.loaded_bytes),
                 bytes_text(weights.reused_bytes), bytes_text(weights.idle_bytes),
                 bytes_text(weights.evicted_bytes), std::to_string(phase.layers_moved), time(phase.lost_s)});
    }
    const PhaseRun& first = run_.phases.front();
    if (hidden_phases() > 0) heads.push_back(rest_text());
    table.add({"all events", "", "", bytes_text(run_.loaded_bytes() - first.weights.loaded_bytes), "", "",
               bytes_text(evicted_bytes), std::to_string(run_.layers_moved()),
               time(run_.lost_s() - first.lost_s)});
    out_ << '\n';
    table.write(out_, heads);
    out_ << '\n';
    write_wrapped(
        out_,
        "Before, after: latency of a frame alone, all weights there. Loaded: weights that the first "
        "frame brings; in use: that were there; idle: that stay though nothing uses them. Moved: "
        "layers that now run on another FPGA. Lost: how much later frames end than if all weights "
        "had been there, added up.",
        2);
  }

  void write_comparison() const {
    std::vector<std::string> figures = {"event"};
    std::vector<std::string> ways = {""};
    std::vector<std::string> units = {""};
    const std::vector<std::pair<std::string, std::string>> columns = {
        {"after", unit()}, {"loaded", "B"}, {"lost", unit()}};
    for (const auto& [figure, of] : columns) {
      for (const ScenarioRun& run : runs_) {
        figures.push_back(figure);
        ways.emplace_back(to_string(run.options.remap));
        units.push_back(of);
      }
    }
    TextTable table(std::move(figures), std::move(ways));
    table.add(std::move(units));
    for (std::size_t i = 1; i < shown_phases(); ++i) {
      std::vector<std::string> row = {fmt::format("frame {}", run_.phases[i].phase.first_frame + 1)};
      for (const ScenarioRun& run : runs_) row.push_back(time(run.phases[i].judgement->latency_s));
      for (const ScenarioRun& run : runs_) row.push_back(bytes_text(run.phases[i].weights.loaded_bytes));
      for (const ScenarioRun& run : runs_) row.push_back(time(run.phases[i].lost_s));
      table.add(std::move(row));
    }
    out_ << '\n';
    table.write(out_);
    if (hidden_phases() > 0) write_wrapped(out_, rest_text(), 2);
  }

  /// All ways of remapping, over all frames.
  void write_totals() const {
    std::vector<std::string> headings = {"all frames", "mean", "p99", "max"};
    std::vector<std::string> units = {"", unit(), unit(), unit()};
    const auto add_column = [&](const char* heading, const std::string& of) {
      headings.emplace_back(heading);
      units.push_back(of);
    };
    if (run_.options.deadline_s) add_column("late", "");
    add_column("energy", "J");
    add_column("loaded", "B");
    add_column("moved", "layers");
    add_column("lost", unit());
    if (has_timing()) add_column("search", "ms");
    TextTable table(std::move(headings), std::move(units));
    for (const ScenarioRun& run : runs_) {
      const Latencies& all = run.latencies;
      std::vector<std::string> row = {std::string(to_string(run.options.remap)), time(all.mean_s),
                                      time(all.p99_s), time(all.max_s)};
      if (run.options.deadline_s) row.push_back(std::to_string(run.deadline_misses()));
      row.push_back(significant(run.energy_per_frame_J()));
      row.push_back(bytes_text(run.loaded_bytes()));
      row.push_back(std::to_string(run.layers_moved()));
      row.push_back(time(run.lost_s()));
      if (has_timing()) {
        double search_s = 0;
        for (const PhaseRun& phase : run.phases) search_s += phase.search_s;
        row.push_back(significant(kMillisecondsPerSecond * search_s));
      }
      table.add(std::move(row));
    }
    out_ << '\n';
    table.write(out_);
    out_ << '\n';
    write_wrapped(
        out_,
        "Warm: layers stay where their weights are, the mapper places the rest. Cold: the mapper maps "
        "from scratch; weights that lie in the right place are used. Keep: the whole model was "
        "mapped once. Energy is that of a frame, on average.",
        2);
  }

  std::ostream& out_;
  const ScenarioReport& report_;
  Runs runs_;
  const ScenarioRun& run_;
  TimeUnit unit_;
};

void write_report_head(std::ostream& out, const ScenarioReport& report) {
  const ScenarioRun& first = report.runs.front();
  fmt::print(out, "{}{} on {}\n{}\n", report.scenario.empty() ? "" : without_controls(report.scenario) + ": ",
             report.workload->name(), report.system->name, describe_size(*report.workload, *report.system));
  const std::size_t frames = first.arrivals_s.size();
  std::string text = frames_text(frames);
  if (frames > 1 && report.period_s) {
    if (report.arrivals == Arrivals::poisson)
      text += fmt::format(" at random (seed {}), on average", report.seed);
    text += (report.arrivals == Arrivals::poisson ? " " : ", ") + rate_text(*report.period_s);
  }
  if (first.options.deadline_s) text += "; deadline " + time_text(*first.options.deadline_s);
  write_wrapped(out, text, 0);
  const std::string model = describe_model(first.execution, report.activations);
  if (!model.empty()) fmt::print(out, "{}\n", model);
}

}  // namespace

void write_scenario_table(std::ostream& out, const ScenarioReport& report) {
  write_report_head(out, report);
  for (const Runs& runs : by_mapper(report)) MapperTables(out, report, runs).write();
}

}  // namespace h2h
