// SPDX-License-Identifier: Apache-2.0
#include "front.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/mapping/mapping_file.hpp>
#include <h2h/report/front.hpp>
#include <h2h/search/front.hpp>

namespace h2h::cli {
namespace fs = std::filesystem;

namespace {

void make_folder(const std::string& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw Error(ErrorKind::input, {folder}, fmt::format("cannot be made: {}", failure.message()));
}

}  // namespace

void add_front_options(CLI::App& app, FrontRequest& request) {
  const std::string group = "Front of latency and energy";
  const auto add = [&](const std::string& name, std::string& target, const std::string& help,
                       const std::string& type) {
    app.add_option(name, target, help)->type_name(type)->group(group);
  };
  add("--pareto", request.csv, "Write the front as CSV; - is standard output", "FILE");
  add("--pareto-plot", request.plot, "Write it as a picture (SVG)", "FILE");
  add("--pareto-mappings", request.mappings, "Write its mappings into this folder", "FOLDER");
  app.add_option("--pareto-evals", request.evaluations, "Evaluations to spend on it [4000000]")
      ->check(whole_number_from_1_to(std::int64_t{1} << 40))
      ->type_name("N")
      ->group(group);
  app.add_option("--pareto-scope", request.scope, "Fusion of its mappings: adjacent or resident")
      ->check(one_of({"adjacent", "resident"}))
      ->type_name("SCOPE")
      ->group(group);
}

void refuse_front(const FrontRequest& request) {
  if (!request.is_wanted()) return;
  throw Error(ErrorKind::usage, "the front is of mappings of a single frame, and there is a stream",
              "leave --pareto, --pareto-plot and --pareto-mappings out");
}

void check_front(const FrontRequest& request) {
  if (request.mappings.empty()) return;
  std::error_code ignored;
  if (!fs::exists(request.mappings, ignored)) return;
  if (fs::is_directory(request.mappings, ignored) && fs::is_empty(request.mappings, ignored)) return;
  throw Error(ErrorKind::usage, fmt::format("--pareto-mappings {} is no empty folder", request.mappings),
              "give a new one, so that all mappings in it are of one front");
}

void write_front(const FrontRequest& request, const Options& options, const Report& report, Search& search) {
  if (!request.is_wanted()) return;
  const Problem& problem = search.problem();
  FrontOptions wanted;
  wanted.evaluations = request.evaluations;
  wanted.seed = options.seed;
  wanted.jobs = jobs_of(options);
  if (request.scope == "resident") wanted.scope = LocalityRules::Scope::resident;
  std::vector<Plan> starts;
  std::vector<Judgement> known;
  for (const Run& run : report.runs) {
    starts.push_back(plan_of(problem, run.result().mapping));
    known.push_back(run.result());
  }
  spdlog::info("looking for the front of latency and energy");
  const ParetoFront front = search_front(problem, starts, wanted);
  const std::vector<Judgement> judged = search.judge(front, wanted.scope, std::move(known));

  if (!request.mappings.empty()) {
    make_folder(request.mappings);
    for (std::size_t i = 0; i < judged.size(); ++i) {
      write_to(fs::path(request.mappings) / fmt::format("point-{:03}.yaml", i + 1),
               [&](std::ostream& out) { write_mapping(out, problem, judged[i].mapping); });
    }
  }
  if (!request.csv.empty())
    write_to(request.csv, [&](std::ostream& out) { write_front_csv(out, problem, judged); });
  if (!request.plot.empty())
    write_to(request.plot, [&](std::ostream& out) { write_front_svg(out, report, judged); });
  spdlog::info("the front has {} points, from {:.4g} s and {:.4g} J to {:.4g} s and {:.4g} J", judged.size(),
               judged.front().latency_s, judged.front().energy.paper_J(), judged.back().latency_s,
               judged.back().energy.paper_J());
}

}  // namespace h2h::cli
