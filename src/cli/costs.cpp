// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include <h2h/cost/problem.hpp>
#include <h2h/report/csv.hpp>
#include <h2h/report/text_table.hpp>

#include "commands.hpp"

namespace h2h::cli {
namespace {

/// Cost of one layer on one kind of accelerator.
struct Cost {
  const Layer* layer;
  const Accelerator* accelerator;  ///< the first of its kind
  std::uint32_t kind;
  std::optional<ComputeTime> time;
  std::int64_t weight_bytes;
  std::int64_t input_bytes = 0;
  std::int64_t output_bytes;
  double weights_s;
  double inputs_s = 0;
  double outputs_s;
};

Cost cost_of(const Problem& problem, LayerIndex layer, std::uint32_t kind) {
  const AcceleratorIndex a = problem.representative(kind);
  const Problem::LayerCost& cost = problem.cost(layer, a);
  const Accelerator& accelerator = problem.system().accelerators[a];
  Cost result{&problem.workload().layer(layer),
              &accelerator,
              kind,
              accelerator.type.time(problem.workload().layer(layer)),
              cost.weight_bytes,
              0,
              cost.output_bytes,
              cost.weights_s,
              0,
              cost.output_s};
  for (const TensorIndex tensor : problem.inputs(layer)) {
    result.input_bytes += problem.input_bytes(tensor, a);
    result.inputs_s += problem.input_s(tensor, a);
  }
  return result;
}

/// Names of the accelerators of each kind.
std::vector<std::vector<std::string>> names_of_kinds(const Problem& problem) {
  std::vector<std::vector<std::string>> names(problem.kinds());
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a)
    names[problem.kind(a)].push_back(problem.system().accelerators[a].name);
  return names;
}

template <typename Visit>
void for_each_cost(const Problem& problem, const Visit& visit) {
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) visit(cost_of(problem, layer, kind));
  }
}

void write_csv(std::ostream& out, const Problem& problem) {
  const auto names = names_of_kinds(problem);
  write_csv_row(out, {"layer", "type", "accelerators", "model", "compute_s", "bottleneck", "weight_bytes",
                      "input_bytes", "output_bytes", "weights_s", "inputs_s", "output_s"});
  for_each_cost(problem, [&](const Cost& cost) {
    if (!cost.time) return;
    write_csv_row(out, {cost.layer->name, std::string(to_string(cost.layer->type())),
                        fmt::format("{}", fmt::join(names[cost.kind], " ")), cost.accelerator->type.name(),
                        fmt::format("{}", cost.time->seconds), std::string(to_string(cost.time->bottleneck)),
                        fmt::format("{}", cost.weight_bytes), fmt::format("{}", cost.input_bytes),
                        fmt::format("{}", cost.output_bytes), fmt::format("{}", cost.weights_s),
                        fmt::format("{}", cost.inputs_s), fmt::format("{}", cost.outputs_s)});
  });
}

void write_json(std::ostream& out, const Problem& problem) {
  const auto names = names_of_kinds(problem);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for_each_cost(problem, [&](const Cost& cost) {
    if (!cost.time) return;
    rows.push_back({{"layer", cost.layer->name},
                    {"type", to_string(cost.layer->type())},
                    {"accelerators", names[cost.kind]},
                    {"model", cost.accelerator->type.name()},
                    {"compute_s", cost.time->seconds},
                    {"bottleneck", to_string(cost.time->bottleneck)},
                    {"weight_bytes", cost.weight_bytes},
                    {"input_bytes", cost.input_bytes},
                    {"output_bytes", cost.output_bytes},
                    {"weights_s", cost.weights_s},
                    {"inputs_s", cost.inputs_s},
                    {"output_s", cost.outputs_s}});
  });
  out << nlohmann::ordered_json{{"schema", "h2h-sim/costs/1"}, {"costs", std::move(rows)}}.dump(
             2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
      << '\n';
}

std::string trimmed(std::string line) {
  return line.erase(line.find_last_not_of(' ') + 1);
}

/// Milliseconds in four characters, with a mark where the local DRAM binds.
std::string cell(const std::optional<ComputeTime>& time) {
  if (!time) return "- ";
  constexpr double kMilli = 1e3;
  const double ms = time->seconds * kMilli;
  const int decimals = ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", ms, decimals, time->bottleneck == Bottleneck::dram ? "*" : " ");
}

/// A heading of at most five characters for each kind: its entry of the catalogue, with a number where that
/// does not tell it from another.
std::vector<std::string> labels_of_kinds(const Problem& problem) {
  constexpr std::size_t kWidth = 5;
  std::vector<std::string> labels;
  std::map<std::string, int> uses;
  for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
    const std::string& name = problem.system().accelerators[problem.representative(kind)].type.name();
    ++uses[labels.emplace_back(name.substr(0, kWidth))];
  }
  std::map<std::string, int> numbers;
  for (std::string& label : labels) {
    if (uses[label] == 1) continue;
    const std::string number = fmt::format("#{}", ++numbers[label]);
    label = label.substr(0, kWidth - std::min(kWidth, number.size())) + number;
  }
  return labels;
}

void write_table(std::ostream& out, const Problem& problem) {
  const auto labels = labels_of_kinds(problem);
  const auto names = names_of_kinds(problem);
  constexpr std::uint32_t kColumns = 10;  // as many as fit 80 characters
  constexpr std::size_t kNameWidth = 16;
  fmt::print(
      out,
      "Milliseconds of computation and local DRAM\n*: the DRAM binds; -: the layer does not run there\n");
  for (std::uint32_t first = 0; first < problem.kinds(); first += kColumns) {
    const std::uint32_t last = std::min(first + kColumns, problem.kinds());
    std::string heading = fmt::format("{:<16}", "layer");
    for (std::uint32_t kind = first; kind < last; ++kind) {
      heading += fmt::format("{:>5} ", labels[kind]);
    }
    fmt::print(out, "\n{}\n", trimmed(heading));
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      const std::string& name = problem.workload().layer(layer).name;
      std::string line =
          fmt::format("{:<16}", name.size() < kNameWidth ? name : name.substr(0, kNameWidth - 2) + "~");
      for (std::uint32_t kind = first; kind < last; ++kind)
        line += fmt::format("{:>6}", cell(cost_of(problem, layer, kind).time));
      fmt::print(out, "{}\n", trimmed(line));
    }
  }
  bool first = true;
  for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
    const std::string& name = problem.system().accelerators[problem.representative(kind)].type.name();
    if (labels[kind] == name) continue;
    if (std::exchange(first, false)) out << '\n';
    write_wrapped(out, fmt::format("{}: {} on {}", labels[kind], name, fmt::join(names[kind], ", ")), 0);
  }
}

void costs(const Options& options, const Registry& registry) {
  if (options.json == "-" && options.csv == "-")
    throw Error(ErrorKind::usage, "only one result can go to standard output", "give the other a file");
  const Inputs inputs = read(options, registry);
  check_outputs({{"--json", options.json}, {"--csv", options.csv}}, inputs.files);
  const Problem problem = make_problem(inputs);
  if (!options.json.empty()) write_to(options.json, [&](std::ostream& out) { write_json(out, problem); });
  if (!options.csv.empty()) write_to(options.csv, [&](std::ostream& out) { write_csv(out, problem); });
  if (options.json != "-" && options.csv != "-")
    write_to("-", [&](std::ostream& out) { write_table(out, problem); });
}

}  // namespace

void add_costs(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("costs", "What each layer costs on each accelerator");
  add_input_options(*subcommand, options);
  add_table_options(*subcommand, options);
  subcommand->callback([&] { command = [&] { costs(options, registry); }; });
}

}  // namespace h2h::cli
