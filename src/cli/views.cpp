// SPDX-License-Identifier: Apache-2.0
#include "views.hpp"

#include <fmt/format.h>

#include <h2h/trace/export.hpp>
#include <h2h/trace/html_report.hpp>

namespace h2h::cli {
namespace {

ColourBy colours_of(const Options& options) {
  return options.trace_colours == to_string(ColourBy::modality) ? ColourBy::modality : ColourBy::kind;
}

void add_view(CLI::App& app, const std::string& name, std::string& file, const std::string& help) {
  app.add_option(name, file, help)->type_name("FILE")->group("Views");
}

}  // namespace

void add_trace_options(CLI::App& app, Options& options) {
  add_view(app, "--trace", options.trace, "Write a Paje trace, for ViTE; - is standard output");
  app.add_option("--trace-colors", options.trace_colours, "Colours of bars: kind or modality [kind]")
      ->check(one_of({std::string(to_string(ColourBy::kind)), std::string(to_string(ColourBy::modality))}))
      ->type_name("WHAT")
      ->group("Views");
}

void add_view_options(CLI::App& app, Options& options) {
  add_trace_options(app, options);
  add_view(app, "--chrome", options.chrome, "Write a Chrome trace, for ui.perfetto.dev");
  add_view(app, "--svg", options.svg, "Write a Gantt chart (SVG)");
  add_view(app, "--dot", options.dot, "Write the mapped layer graph, for Graphviz");
  add_view(app, "--report", options.report, "Write a page with everything (HTML)");
}

void refuse_views_of_several(const Options& options) {
  for (const auto& [option, target] :
       {Output{"--svg", options.svg}, Output{"--dot", options.dot}, Output{"--report", options.report}}) {
    if (target.empty()) continue;
    throw Error(ErrorKind::usage, fmt::format("{} shows one mapping, and there are several mappers", option),
                "run them one by one; --trace and --chrome show several");
  }
}

void write_trace(const Options& options, const std::vector<Timeline>& timelines, const std::string& root) {
  write_to(options.trace, [&](std::ostream& out) { write_paje(out, timelines, root, colours_of(options)); });
}

void write_views(const Options& options, const Report& report, const Search& search) {
  const Problem& problem = *report.problem;
  std::vector<Timeline> timelines;
  if (!options.trace.empty() || !options.chrome.empty() || !options.svg.empty()) {
    for (const Run& run : report.runs) timelines.push_back(make_timeline(problem, run));
  }
  if (!options.trace.empty()) {
    write_trace(options, timelines,
                fmt::format("{} on {}", problem.workload().name(), problem.system().name));
  }
  if (!options.chrome.empty())
    write_to(options.chrome, [&](std::ostream& out) { write_chrome_trace(out, timelines); });
  if (!options.svg.empty()) {
    write_to(options.svg,
             [&](std::ostream& out) { write_svg_gantt(out, timelines.front(), colours_of(options)); });
  }
  const Run& run = report.runs.back();
  if (!options.dot.empty())
    write_to(options.dot, [&](std::ostream& out) { write_dot(out, problem, run.result().mapping); });
  if (options.report.empty()) return;
  LatencyAccount account = account_of(run);
  add_explanation(account, search.explain(run));
  write_to(options.report, [&](std::ostream& out) { write_html_report(out, report, account); });
}

}  // namespace h2h::cli
