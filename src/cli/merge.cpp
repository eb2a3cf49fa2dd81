// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <h2h/base/files.hpp>
#include <h2h/study/results.hpp>

#include "commands.hpp"

namespace h2h::cli {
namespace {

void merge_files(const Options& options, const std::vector<std::string>& files) {
  if (files.empty())
    throw Error(ErrorKind::usage, "no file to merge", "give the CSV of every shard, such as shard-*.csv");
  const std::string target = options.csv.empty() ? "-" : options.csv;
  const std::vector<Output> outputs = {{"--csv", target}, {"--json", options.json}};
  refuse_shared_output(outputs);
  std::vector<std::pair<std::string, StudyTable>> parts;
  std::vector<InputFile> inputs;
  for (const std::string& file : files) {
    const std::string content = read_file(file);
    inputs.emplace_back(file, content);
    parts.emplace_back(file, parse_study_csv(content, file));
  }
  check_outputs(outputs, inputs);
  const StudyTable whole = merge(parts);
  write_study_results(target, options.json, whole);
}

}  // namespace

void add_merge(CLI::App& app, Options& options, Command& command) {
  CLI::App* subcommand = app.add_subcommand("merge", "Join the shards of a sweep");
  const auto files = std::make_shared<std::vector<std::string>>();
  subcommand->add_option("SHARD", *files, "What sweep --shard wrote (CSV), every shard once")
      ->type_name("FILE...");
  subcommand->add_option("-o,--csv", options.csv, "Write the whole as CSV; - is standard output [-]")
      ->type_name("FILE")
      ->group("Results");
  subcommand->add_option("--json", options.json, "Write it as JSON; - is standard output")
      ->type_name("FILE")
      ->group("Results");
  subcommand->callback(
      [&options, files, &command] { command = [&options, files] { merge_files(options, *files); }; });
}

}  // namespace h2h::cli
