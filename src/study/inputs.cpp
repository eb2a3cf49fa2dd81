// SPDX-License-Identifier: Apache-2.0
#include <h2h/study/inputs.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <h2h/base/files.hpp>
#include <h2h/base/text.hpp>
#include <h2h/version.hpp>
#include <h2h/workload/workload_file.hpp>

#include "documents.hpp"
#include "streams.hpp"

namespace h2h {
namespace fs = std::filesystem;
namespace {

class StudyReader {
 public:
  StudyReader(const fs::path& file, StudyRequest request, const Registry& registry)
      : registry_(registry), folder_(file.parent_path()) {
    inputs_.request = std::move(request);
    const std::string content = read_file(file);
    inputs_.study = Study::parse(content, file.string());
    inputs_.files.emplace_back(file, content);
  }

  StudyInputs read() && {
    read_scenarios();
    read_workloads();
    check_streams();
    read_platforms();
    read_mappers();
    check_execution();
    check_paths();
    check_values();
    make_record();
    return std::move(inputs_);
  }

 private:
  const Study& study() const { return inputs_.study; }

  /// A file beside the study, or as everywhere else.
  StudyFile read_named(Setting setting, const std::string& name, const std::vector<fs::path>& folders) {
    return at_place(study().place(setting, name), [&] {
      std::error_code ignored;
      const fs::path beside = folder_ / name;
      const fs::path path = fs::exists(beside, ignored) ? beside : find_file(name, folders);
      return StudyFile{path, read_file(path)};
    });
  }

  void keep(std::string_view what, const StudyFile& file) {
    const InputFile& kept = inputs_.files.emplace_back(file.path, file.content);
    inputs_.record[std::string(what)] = kept.sha256;
  }

  void read_scenarios() {
    for (const std::string& name : study().values(Setting::scenario)) {
      if (name == kNoScenario) continue;
      const StudyFile file = read_named(Setting::scenario, name, inputs_.request.scenario_folders);
      keep(fmt::format("scenario {}", name), file);
      inputs_.scenarios.emplace(name, at_place(study().place(Setting::scenario, name), [&] {
                                  return parse_scenario(file.content, file.path.string());
                                }));
    }
    if (!study().has(Setting::workload)) take_workloads();
  }

  /// The workloads are those that the scenarios name.
  void take_workloads() {
    std::map<std::string, std::string, std::less<>> by_scenario;
    for (const std::string& name : study().values(Setting::scenario)) {
      const Location where = study().place(Setting::scenario, name);
      const auto scenario = inputs_.scenarios.find(name);
      if (scenario == inputs_.scenarios.end() || scenario->second.workload.empty()) {
        throw Error(ErrorKind::input, where, fmt::format("scenario '{}' names no workload", name),
                    "give workloads");
      }
      const fs::path path =
          at_place(where, [&] { return find_workload(scenario->second, inputs_.request.workload_folders); });
      const std::string& workload = scenario->second.workload;
      const auto [at, is_new] = named_workloads_.try_emplace(workload, StudyFile{path, read_file(path)});
      if (!is_new && at->second.path != path) {
        throw Error(ErrorKind::input, where,
                    fmt::format("scenario '{}' means another {} than those above", name, workload),
                    "give workloads");
      }
      by_scenario.emplace(name, workload);
    }
    inputs_.study.take_workloads(std::move(by_scenario));
  }

  void read_workloads() {
    for (const std::string& name : study().values(Setting::workload)) {
      const auto named = named_workloads_.find(name);
      StudyFile file = named != named_workloads_.end()
                           ? named->second
                           : read_named(Setting::workload, name, inputs_.request.workload_folders);
      const Workload workload = parse_workload(file.content, file.path.string());
      check_modalities(name, workload);
      keep(fmt::format("workload {}", name), file);
      inputs_.workloads.emplace(name, std::move(file));
    }
  }

  /// Those with which some point runs the workload are there.
  void check_modalities(const std::string& name, const Workload& workload) const {
    std::set<std::string> checked;
    for (Study::PointIndex point = 0; point < study().size(); ++point) {
      if (study().setting(point, Setting::workload) != name) continue;
      const std::string& modalities = study().setting(point, Setting::modalities);
      if (!checked.insert(modalities).second) continue;
      at_place(study().place(Setting::modalities, modalities),
               [&] { return with_modalities(workload, modalities); });
    }
  }

  /// What is switched is there, and what is left is a network.
  void check_streams() {
    if (!study().has_streams()) return;
    std::map<std::string, Workload, std::less<>> workloads;
    for (const auto& [name, file] : inputs_.workloads)
      workloads.emplace(name, parse_workload(file.content, file.path.string()));
    std::set<std::vector<std::string>> checked;
    for (Study::PointIndex point = 0; point < study().size(); ++point) {
      std::vector<std::string> key;
      for (const Setting setting : {Setting::workload, Setting::modalities, Setting::scenario, Setting::every,
                                    Setting::frames, Setting::period, Setting::seed})
        key.push_back(study().setting(point, setting));
      if (!checked.insert(key).second) continue;
      check_modalities_of_stream(point);
      check_phases(point, workloads.at(study().setting(point, Setting::workload)));
    }
  }

  void check_modalities_of_stream(Study::PointIndex point) const {
    const std::string& modalities = study().setting(point, Setting::modalities);
    const std::string& scenario = study().setting(point, Setting::scenario);
    if (modalities == kAllModalities || scenario == kNoScenario) return;
    throw Error(
        ErrorKind::input, study().place(Setting::modalities, modalities),
        fmt::format("modalities '{}' with scenario '{}', which says which are on", modalities, scenario),
        "leave modalities out");
  }

  void check_phases(Study::PointIndex point, const Workload& workload) {
    const Scenario scenario = scenario_of(inputs_, point);
    const std::string& name = study().setting(point, Setting::scenario);
    const std::string& frames = study().setting(point, Setting::frames);
    const Location where = frames.empty() || name != kNoScenario ? study().place(Setting::scenario, name)
                                                                 : study().place(Setting::frames, frames);
    if (lacks_period(scenario)) {
      throw Error(ErrorKind::input, where, fmt::format("{} frames without a period", frames_of(scenario)),
                  "give the time from one to the next, such as periods: [40ms]");
    }
    const std::vector<double> arrivals_s = arrival_times(scenario, study().seed(point));
    at_place(where, [&] {
      const std::vector<ScenarioPhase> phases = phases_of(scenario, workload.modalities(), arrivals_s);
      for (const ScenarioPhase& phase : phases) {
        if (checked_phases_.insert({workload.name(), phase.modalities}).second) workload_of(workload, phase);
      }
      if (phases.size() == 1 && !scenario.events.empty()) {
        inputs_.warnings.push_back(fmt::format("{}: {}: no event comes before the last frame",
                                               where.to_string(), study().describe(point)));
      }
    });
  }

  void read_platforms() {
    for (const std::string& name : study().values(Setting::platform)) {
      StudyFile file = read_named(Setting::platform, name, inputs_.request.platform_folders);
      const PlatformXml xml = check_platform_text(file.content, file.path.string());
      const fs::path path = find_catalogue(file.path, xml.catalogue, inputs_.request.platform_folders);
      StudyFile catalogue{path, read_file(path)};
      parse_catalogue(catalogue.content, path.string(), registry_.models());
      keep(fmt::format("platform {}", name), file);
      keep(fmt::format("the catalogue of platform {}", name), catalogue);
      inputs_.platforms.emplace(name, std::move(file));
      inputs_.catalogues.emplace(name, std::move(catalogue));
    }
  }

  void read_mappers() {
    for (const std::string& text : study().values(Setting::mapper)) {
      const Location where = study().place(Setting::mapper, text);
      Mapper mapper = at_place(where, [&] { return make_mapper(text, registry_); });
      const bool timed = std::any_of(mapper.steps.begin(), mapper.steps.end(),
                                     [](const Mapper::Step& step) { return step.step->is_timed(); });
      if (timed) {
        inputs_.warnings.push_back(
            fmt::format("{}: mapper '{}' is limited by wall time: its results depend on the machine and on "
                        "--jobs, and differ from run to run; limit it by evals, such as best[evals=100000]",
                        where.to_string(), text));
      }
      inputs_.mappers.emplace(text, std::move(mapper));
    }
  }

  /// Whatever a point needs to know of overlapped execution does know it.
  void check_execution() const {
    for (Study::PointIndex point = 0; point < study().size(); ++point) {
      if (study().execution(point) != Execution::overlap) continue;
      const Location where = study().place(Setting::execution, to_string(Execution::overlap));
      if (!inputs_.request.replay) {
        throw Error(ErrorKind::usage, where,
                    "execution overlap with --no-replay: only replays know overlapped execution",
                    "leave --no-replay out");
      }
      if (const std::string& evaluator = study().setting(point, Setting::evaluator); evaluator != "replay") {
        throw Error(
            ErrorKind::input, where,
            fmt::format("execution overlap: the {} evaluator knows serial execution only", evaluator),
            "search by evaluators: [replay], or leave such points out, by exclude: [{execution: overlap, "
            "evaluator: analytic}]");
      }
    }
  }

  /// Every parameter is there in every platform or its catalogue.
  void check_paths() const {
    for (const auto& [name, platform] : inputs_.platforms) {
      const StudyFile& catalogue = inputs_.catalogues.at(name);
      const std::vector<std::string> in_platform = platform_paths({platform.path, platform.content});
      const std::vector<std::string> in_catalogue =
          catalogue_paths(catalogue.content, catalogue.path.string());
      for (const Axis& axis : study().axes()) {
        if (axis.setting) continue;
        const bool of_platform = is_platform_path(axis.name);
        const std::vector<std::string>& known = of_platform ? in_platform : in_catalogue;
        if (std::find(known.begin(), known.end(), axis.name) != known.end()) continue;
        const auto near = nearest(axis.name, known);
        throw Error(
            ErrorKind::input, axis.places.front(),
            fmt::format("{} has no '{}'", (of_platform ? platform.path : catalogue.path).string(), axis.name),
            near ? fmt::format("did you mean '{}'?", *near)
                 : "a path is that of a single value, such as accelerators.C.Z.dram.bandwidth, "
                   "links.uplink.bandwidth or hosts.fpga0.dram_capacity");
      }
    }
  }

  /// Refuses what is wrong with values before the work begins rather than hours later.
  void check_values() const {
    for (std::size_t a = 0; a < study().axes().size(); ++a) {
      const Axis& axis = study().axes()[a];
      if (axis.setting) continue;
      std::vector<char> checked(axis.values.size(), 0);
      for (Study::PointIndex point = 0; point < study().size(); ++point) {
        const std::size_t choice = study().choice(point, a);
        if (checked[choice] != 0) continue;
        checked[choice] = 1;
        at_place(axis.places[choice], [&] { check_documents(point, is_platform_path(axis.name)); });
      }
    }
  }

  void check_documents(Study::PointIndex point, bool of_platform) const {
    const std::string& name = study().setting(point, Setting::platform);
    const std::vector<Parameter> parameters = study().parameters(point);
    if (of_platform) {
      const StudyFile& file = inputs_.platforms.at(name);
      check_platform_text(platform_with({file.path, file.content}, parameters).xml, file.path.string());
    } else {
      const StudyFile& file = inputs_.catalogues.at(name);
      catalogue_with(file.content, file.path.string(), parameters, registry_.models());
    }
  }

  void make_record() {
    inputs_.record["the study file"] = sha256(study().canonical());
    inputs_.record["the version of h2h-sim"] = kVersion;
    const nlohmann::json options = {{"cfg", inputs_.request.cfg}, {"replay", inputs_.request.replay}};
    inputs_.record["--cfg or --no-replay"] = options.dump();
    for (const std::string& plugin : registry_.plugins()) {
      inputs_.files.emplace_back(plugin, read_file(plugin));
      inputs_.record[fmt::format("plug-in {}", fs::path(plugin).filename().string())] =
          inputs_.files.back().sha256;
    }
    constexpr std::size_t kDigits = 16;  // 64 bits tell studies apart, and stay readable in a column
    inputs_.digest = sha256(nlohmann::json(inputs_.record).dump()).substr(0, kDigits);
  }

  const Registry& registry_;
  fs::path folder_;
  StudyInputs inputs_;
  std::map<std::string, StudyFile, std::less<>> named_workloads_;  ///< by scenarios
  /// Workloads with the modalities that are on.
  std::set<std::pair<std::string, std::vector<std::string>>> checked_phases_;
};

}  // namespace

StudyInputs read_study(const fs::path& file, StudyRequest request, const Registry& registry) {
  return StudyReader(file, std::move(request), registry).read();
}

}  // namespace h2h
