// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include <fmt/format.h>

#include <h2h/report/comparison.hpp>
#include <h2h/report/scenario_comparison.hpp>

#include "commands.hpp"
#include "search.hpp"
#include "stream.hpp"
#include "views.hpp"

namespace h2h::cli {
namespace {

/// What there may be several of.
struct Field {
  std::vector<std::string> platforms;
  std::vector<std::string> workloads;
  std::vector<std::string> bandwidths;
  std::string markdown;
};

std::vector<Output> outputs(const Options& options, const Field& field) {
  return {{"--json", options.json},
          {"--csv", options.csv},
          {"--markdown", field.markdown},
          {"--trace", options.trace}};
}

/// The searches that need a mapping to begin with, behind quick mappers that give one.
constexpr std::array<const char*, 3> kSearches = {"h2h+sa", "heft+lns", "heft+ga"};

/// Everything that maps a workload from nothing, and those searches.
std::vector<std::string> all_mappers(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, _] : registry.mappers()) names.push_back(name);
  for (const auto& [name, family] : registry.steps()) {
    if (family.start != StepFamily::Start::mapping) names.push_back(name);
  }
  names.insert(names.end(), kSearches.begin(), kSearches.end());
  return names;
}

/// What ranks streams where no mapper is named: a stream maps its workload once a phase.
constexpr std::array<const char*, 7> kQuickMappers = {"h2h",  "kwon",    "heft",           "heft-lookahead",
                                                      "peft", "min-min", "series-parallel"};

/// @param timelines are added to if there is to be a trace
Contest contest_of(const Options& options, const std::vector<Mapper>& mappers, const Registry& registry,
                   std::vector<Timeline>& timelines) {
  Search search(options, registry);
  Contest contest;
  contest.workload = search.problem().workload().name();
  contest.platform = search.problem().system().name;
  contest.bandwidth = options.bandwidth;
  contest.activations = search.problem().activations();
  std::vector<Run> runs;
  for (const Mapper& mapper : mappers) {
    runs.push_back(search.run(mapper));
  }
  tighten(search.problem(), runs, bound_options(options));
  for (const Run& run : runs) add_run(contest, run);
  if (!options.trace.empty()) {
    // Viewers cut long names: what differs goes first.
    for (const Run& run : runs) {
      timelines.push_back(make_timeline(search.problem(), run));
      timelines.back().name = fmt::format("{} ({})", run.mapper, contest.title());
    }
  }
  return contest;
}

void write(const Options& options, const Field& field, std::span<const Contest> contests) {
  const bool timing = !options.no_timing;
  if (!options.json.empty()) {
    write_to(options.json, [&](std::ostream& out) { write_comparison_json(out, contests, timing); });
  }
  if (!options.csv.empty()) {
    write_to(options.csv, [&](std::ostream& out) { write_comparison_csv(out, contests, timing); });
  }
  if (!field.markdown.empty()) {
    write_to(field.markdown, [&](std::ostream& out) { write_comparison_markdown(out, contests, timing); });
  }
  if (!takes_standard_output(outputs(options, field)))
    write_to("-", [&](std::ostream& out) { write_comparison_table(out, contests, timing); });
}

/// Refuses outputs that cannot be, before the work rather than after it.
void check_files(const Options& options, const Field& field) {
  refuse_shared_output(outputs(options, field));
  std::vector<InputFile> inputs;
  for (const auto* files : {&field.platforms, &field.workloads}) {
    for (const std::string& file : *files) inputs.emplace_back().path = file;
  }
  if (!options.scenario.empty()) inputs.emplace_back().path = options.scenario;
  check_outputs(outputs(options, field), inputs);
}

/// @param otherwise where the options name none
std::vector<Mapper> mappers_of(const Options& options, const std::vector<std::string>& otherwise,
                               const Registry& registry) {
  std::vector<Mapper> mappers;
  for (const std::string& text : options.mappers.empty() ? otherwise : options.mappers) {
    mappers.push_back(make_mapper(text, registry));
    const auto same = [&](const Mapper& other) { return other.name == mappers.back().name; };
    if (std::count_if(mappers.begin(), mappers.end(), same) > 1)
      throw Error(ErrorKind::usage, fmt::format("--mapper {} is given twice", mappers.back().name),
                  "name each once");
  }
  return mappers;
}

/// Calls @p visit with the options of each contest.
template <typename Visit>
void for_each_contest(Options options, const Field& field, const Visit& visit) {
  const std::vector<std::string> as_it_is = {""};
  for (const std::string& workload : field.workloads.empty() ? as_it_is : field.workloads) {
    for (const std::string& platform : field.platforms) {
      for (const std::string& bandwidth : field.bandwidths.empty() ? as_it_is : field.bandwidths) {
        options.workload = workload;
        options.platform = platform;
        options.bandwidth = bandwidth;
        visit(options);
      }
    }
  }
}

void compare_frames(const Options& options, const Field& field, const Registry& registry) {
  bound_options(options);  // what is wrong with them is better said before the search
  check_evaluator(options);
  const std::vector<Mapper> mappers = mappers_of(options, all_mappers(registry), registry);
  std::vector<Contest> contests;
  std::vector<Timeline> timelines;
  for_each_contest(options, field, [&](const Options& of_contest) {
    contests.push_back(contest_of(of_contest, mappers, registry, timelines));
  });
  if (!options.trace.empty()) write_trace(options, timelines, "h2h-sim compare");
  write(options, field, contests);
}

ScenarioContest stream_contest_of(const Options& options, const StreamRequest& request,
                                  const std::vector<Mapper>& mappers, const Registry& registry) {
  StreamSession session(options, request, registry);
  ScenarioContest contest = contest_of(session.report(), options.bandwidth);
  const bool every_way = request.remap.empty() && session.sequence().phases.size() > 1;
  for (const Mapper& mapper : mappers) {
    if (!every_way) {
      add_run(contest, session.run(mapper));
      continue;
    }
    for (const Remap remap : kRemaps) add_run(contest, session.run(mapper, remap));
  }
  return contest;
}

void write(const Options& options, const Field& field, std::span<const ScenarioContest> contests) {
  const bool timing = !options.no_timing;
  if (!options.json.empty()) {
    write_to(options.json, [&](std::ostream& out) { write_scenario_comparison_json(out, contests, timing); });
  }
  if (!options.csv.empty())
    write_to(options.csv, [&](std::ostream& out) { write_scenario_comparison_csv(out, contests, timing); });
  if (!field.markdown.empty())
    write_to(field.markdown, [&](std::ostream& out) { write_scenario_comparison_markdown(out, contests); });
  if (!takes_standard_output(outputs(options, field)))
    write_to("-", [&](std::ostream& out) { write_scenario_comparison_table(out, contests); });
}

void compare_streams(const Options& options, const Field& field, const StreamRequest& request,
                     const Registry& registry) {
  if (!options.trace.empty()) {
    throw Error(ErrorKind::usage, "compare --trace is about single frames, and there are streams",
                "trace one by h2h-sim run");
  }
  if (options.bound != "quick") {
    throw Error(ErrorKind::usage, "--bound is about a single frame, and there are streams", "leave it out");
  }
  check_evaluator(options);
  const std::vector<Mapper> mappers =
      mappers_of(options, {kQuickMappers.begin(), kQuickMappers.end()}, registry);
  std::vector<ScenarioContest> contests;
  for_each_contest(options, field, [&](const Options& of_contest) {
    contests.push_back(stream_contest_of(of_contest, request, mappers, registry));
  });
  write(options, field, contests);
}

void compare(const Options& options, const Field& field, const StreamRequest& stream,
             const Registry& registry) {
  check_files(options, field);
  if (!options.mapping.empty()) {
    throw Error(ErrorKind::usage, "compare starts from no mapping", "leave --mapping out, or use run");
  }
  if (field.platforms.empty()) {
    throw Error(ErrorKind::usage, "--platform is missing",
                "such as --platform cloud.xml; it may be repeated");
  }
  if (field.workloads.empty() && options.scenario.empty()) {
    throw Error(ErrorKind::usage, "--workload is missing",
                "such as --workload vlocnet.yaml; it may be repeated");
  }
  if (is_stream(options, stream)) return compare_streams(options, field, stream, registry);
  compare_frames(options, field, registry);
}

}  // namespace

void add_compare(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("compare", "Rank mappers over workloads and platforms");
  const auto field = std::make_shared<Field>();
  const auto stream = std::make_shared<StreamRequest>();
  const auto add_several = [&](const std::string& names, std::vector<std::string>& several,
                               const std::string& help, const std::string& type) {
    subcommand->add_option(names, several, help)->type_name(type)->group("Input")->allow_extra_args(false);
  };
  add_several("-p,--platform", field->platforms, "SimGrid platform (XML); may be repeated", "FILE");
  add_several("-w,--workload", field->workloads, "Layer graph (YAML); may be repeated", "FILE");
  add_several("--bandwidth", field->bandwidths, "Of each FPGA's own links; may be repeated", "RATE");
  add_adjustment_options(*subcommand, options);
  add_search_options(*subcommand, options);
  add_model_options(*subcommand, options);
  add_cold_option(*subcommand, options);
  subcommand->get_option("--mapper")
      ->description("Mapper or chain of steps; may be repeated [all; of streams quick ones]");
  add_stream_options(*subcommand, options, *stream);
  subcommand->get_option("--remap")->description("When modalities switch: warm, cold or keep [all three]");
  add_table_options(*subcommand, options);
  subcommand->add_option("--markdown", field->markdown, "Write markdown tables; - is standard output")
      ->type_name("FILE")
      ->group("Results");
  add_judging_options(*subcommand, options);
  add_trace_options(*subcommand, options);
  subcommand->callback([&options, field, stream, &registry, &command] {
    command = [&options, field, stream, &registry] { compare(options, *field, *stream, registry); };
  });
}

}  // namespace h2h::cli
