// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/report/csv.hpp>
#include <h2h/study/journal.hpp>
#include <h2h/study/sweep.hpp>

#include "commands.hpp"
#include "progress.hpp"

namespace h2h::cli {
namespace fs = std::filesystem;
namespace {

/// What a sweep takes besides the options that others have, too.
struct SweepOptions {
  std::string study;
  std::string shard;
  bool restart = false;
  bool dry_run = false;
};

Shard parse_shard(const std::string& text) {
  constexpr std::size_t kMostShards = 100000;
  Shard shard;
  const auto slash = text.find('/');
  const auto number = [&](const std::string& word) -> std::size_t {
    const bool digits = !word.empty() && word.size() <= fmt::formatted_size("{}", kMostShards) &&
                        word.find_first_not_of("0123456789") == std::string::npos;
    return digits ? std::stoul(word) : 0;
  };
  if (slash != std::string::npos) {
    shard.index = number(text.substr(0, slash));
    shard.count = number(text.substr(slash + 1));
  }
  if (slash == std::string::npos || shard.index < 1 || shard.index > shard.count ||
      shard.count > kMostShards) {
    throw Error(ErrorKind::usage, fmt::format("--shard '{}'", text),
                fmt::format("give I/N, such as 1/4 for the first of four, N at most {}", kMostShards));
  }
  return shard;
}

/// One sweep: a study, or a shard of it, from its file to its results.
class Sweep {
 public:
  Sweep(const Options& options, const SweepOptions& own, const Registry& registry)
      : options_(options),
        own_(own),
        registry_(registry),
        shard_(own.shard.empty() ? Shard{} : parse_shard(own.shard)),
        target_(options.csv.empty() ? default_target() : options.csv) {
    refuse_shared_output({{"--csv", target_}, {"--json", options.json}});
    inputs_ = read_study(own.study, request(), registry);
    points_ = points_of(inputs_.study, shard_);
    table_ = empty_table(inputs_);
  }

  void list_points() const {
    write_to("-", [&](std::ostream& out) {
      std::vector<std::string> header = inputs_.study.columns();
      header.insert(header.begin(), "point");
      write_csv_row(out, header);
      for (const Study::PointIndex point : points_) {
        std::vector<std::string> row = inputs_.study.row(point);
        row.insert(row.begin(), fmt::format("{}", point + 1));
        write_csv_row(out, row);
      }
    });
  }

  void run() {
    std::vector<Output> outputs = {{"--csv", target_}, {"--json", options_.json}};
    if (!is_stream()) outputs.push_back({"the journal", journal_file()});
    check_outputs(outputs, inputs_.files);
    for (const std::string& warning : inputs_.warnings) spdlog::warn("{}", warning);
    if (is_stream()) {
      run_missing(nullptr, 0);
      return write_study_results(target_, options_.json, table_);
    }
    if (is_complete()) {
      if (!options_.json.empty()) write_study_results("", options_.json, table_);
      return say("all {} points are in {} already; --restart runs them again", points_.size(), target_);
    }
    Journal journal(journal_file(), inputs_, shard_.to_string(),
                    own_.restart ? Journal::Start::anew : Journal::Start::resume);
    const std::size_t kept = journal.read_into(table_);
    run_missing(&journal, kept);
    write_study_results(target_, options_.json, table_);
    journal.remove();
    std::size_t infeasible = 0;
    for (const auto& [_, row] : table_.rows) infeasible += is_infeasible(table_, row) ? 1 : 0;
    say("{} points{}{} in {}", points_.size(),
        kept > 0 ? fmt::format(", {} of them from before the interruption,", kept) : "",
        infeasible > 0 ? fmt::format(", {} of them infeasible,", infeasible) : "", target_);
  }

 private:
  std::string default_target() const {
    const std::string part = own_.shard.empty() ? "" : fmt::format(".{}of{}", shard_.index, shard_.count);
    return fs::path(own_.study).stem().string() + part + ".csv";
  }

  /// Beside standard output, a device or a pipe there is no place for a journal.
  bool is_stream() const {
    std::error_code ignored;
    return target_ == "-" || (fs::exists(target_, ignored) && !fs::is_regular_file(target_, ignored));
  }

  fs::path journal_file() const { return target_ + ".journal"; }

  StudyRequest request() const {
    return {data_folders("workloads"),
            data_folders("platforms"),
            data_folders(kScenarios),
            options_.cfg,
            options_.log,
            !options_.no_replay};
  }

  /// Results go to standard output only where the user asked for that.
  template <typename... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    if (options_.json == "-") return;
    write_to("-", [&](std::ostream& out) {
      out << "study " << inputs_.study.name()
          << (shard_.count > 1 ? fmt::format(", shard {}", shard_.to_string()) : "") << ": "
          << fmt::format(format, std::forward<Arguments>(arguments)...) << '\n';
    });
  }

  /// Whether the results are there already, from this study and its inputs as they are now; then reads them.
  bool is_complete() {
    std::error_code ignored;
    if (own_.restart || !fs::is_regular_file(target_, ignored) || fs::exists(journal_file(), ignored))
      return false;
    const std::string content = read_file(target_);
    try {
      StudyTable there = parse_study_csv(content, target_);
      if (there.digest != table_.digest || there.columns != table_.columns || there.rows.empty() ||
          there.rows.size() != points_.size())
        return false;
      for (const Study::PointIndex point : points_) {
        if (!there.rows.contains(point)) return false;
      }
      table_ = std::move(there);
      return true;
    } catch (const Error&) {
      return false;  // something else, which is replaced as any result is
    }
  }

  void run_missing(Journal* journal, std::size_t kept) {
    std::vector<Study::PointIndex> missing;
    for (const Study::PointIndex point : points_) {
      if (!table_.rows.contains(point)) missing.push_back(point);
    }
    ProgressBar bar(points_.size(), kept);
    SweepListener listener;
    listener.done = [&](Study::PointIndex point, const StudyRow& row) {
      table_.rows[point] = row;
      if (journal != nullptr) journal->append(point, row);
      bar.advance();
    };
    listener.warn = [&](const std::string& warning) {
      bar.clear();
      spdlog::warn("{}", warning);
    };
    listener.idle = [&] { bar.show(); };
    run_points(inputs_, registry_, missing, jobs_of(options_), listener);
  }

  const Options& options_;
  const SweepOptions& own_;
  const Registry& registry_;
  Shard shard_;
  std::string target_;
  StudyInputs inputs_;
  std::vector<Study::PointIndex> points_;
  StudyTable table_;
};

void sweep(const Options& options, const SweepOptions& own, const Registry& registry) {
  if (own.study.empty())
    throw Error(ErrorKind::usage, "no study", "give a study file, such as h2h-sim sweep study.yaml");
  Sweep work(options, own, registry);
  if (own.dry_run) return work.list_points();
  work.run();
}

}  // namespace

void write_study_results(const std::string& csv, const std::string& json, const StudyTable& table) {
  if (!json.empty()) write_to(json, [&](std::ostream& out) { write_study_json(out, table); });
  if (!csv.empty()) write_to(csv, [&](std::ostream& out) { write_study_csv(out, table); });
}

void add_sweep(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("sweep", "Run all points of a study");
  const auto own = std::make_shared<SweepOptions>();
  subcommand->add_option("STUDY", own->study, "What to run (YAML); scripts/sweep/README.md")
      ->type_name("FILE");
  add_simgrid_options(*subcommand, options);
  add_plugin_option(*subcommand, options);
  add_jobs_option(*subcommand, options, "Points side by side [one a processor]");
  subcommand->add_option("--shard", own->shard, "Only every N-th point, from point I on")
      ->type_name("I/N")
      ->group("Search");
  subcommand->add_flag("--restart", own->restart, "Discard what an interrupted sweep has done")
      ->group("Search");
  subcommand->add_flag("--dry-run", own->dry_run, "List the points and run none")->group("Search");
  subcommand->add_option("-o,--csv", options.csv, "Write CSV; - is standard output [STUDY's name.csv]")
      ->type_name("FILE")
      ->group("Results");
  subcommand->add_option("--json", options.json, "Write JSON; - is standard output")
      ->type_name("FILE")
      ->group("Results");
  subcommand->add_flag("--no-replay", options.no_replay, "Report the analytic latency, replay nothing")
      ->group("Results");
  subcommand->callback([&options, own, &registry, &command] {
    command = [&options, own, &registry] { sweep(options, *own, registry); };
  });
}

}  // namespace h2h::cli
