// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/base/text.hpp>
#include <h2h/base/units.hpp>
#include <h2h/report/text_table.hpp>
#include <h2h/scenario/scenario.hpp>
#include <h2h/workload/workload_file.hpp>

#include "commands.hpp"

namespace h2h::cli {
namespace {

namespace fs = std::filesystem;

void print_origin(std::ostream& out, const std::string& origin) {
  if (!origin.empty()) fmt::print(out, "    from plug-in {}\n", origin);
}

template <typename Family>
void print_family(std::ostream& out, const Family& family) {
  fmt::print(out, "{}\n", family.name);
  write_wrapped(out, family.summary, 4);
  if (!family.reference.empty()) write_wrapped(out, "[" + family.reference + "]", 4);
  print_origin(out, family.origin);
  for (const OptionDescription& option : family.options) {
    write_wrapped(out, fmt::format("{}={}: {}", option.name, option.value, option.meaning), 8);
  }
}

void list_mappers(std::ostream& out, const Registry& registry) {
  fmt::print(out, "Mappers (--mapper NAME[option=value,...])\n\n");
  for (const auto& [_, family] : registry.mappers()) {
    print_family(out, family);
    const Section defaults = Section::from_options({}, family.name);
    write_wrapped(out, "= " + family.expand(defaults), 4);
  }
  fmt::print(out, "\nSteps, to be chained with '+'\n\n");
  for (const auto& [_, family] : registry.steps()) print_family(out, family);
}

void list_models(std::ostream& out, const Registry& registry) {
  fmt::print(out, "Families of accelerator models (a catalogue entry's `model`)\n\n");
  for (const auto& [name, family] : registry.models()) {
    fmt::print(out, "{}\n", name);
    write_wrapped(out, family.summary, 4);
    print_origin(out, family.origin);
  }
}

/// Files of a data folder by their names relative to it.
/// @param besides the name of a folder in it that holds something else
std::vector<fs::path> shipped(const std::string& kind, const std::string& extension,
                              const fs::path& besides = {}) {
  std::vector<fs::path> files;
  for (const fs::path& folder : data_folders(kind)) {
    if (!fs::is_directory(folder)) continue;
    for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::end(entry); ++entry) {
      if (entry->path() == folder / besides) entry.disable_recursion_pending();
      if (entry->path().extension() == extension) files.push_back(entry->path());
    }
    if (!files.empty()) break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string shipped_name(const std::string& kind, const fs::path& file) {
  for (const fs::path& folder : data_folders(kind)) {
    const fs::path relative = file.lexically_relative(folder);
    if (!relative.empty() && *relative.begin() != "..") return relative.string();
  }
  return file.string();
}

void list_workloads(std::ostream& out) {
  constexpr double kMegabytesOf32Bit = 4e-6;
  const auto megabytes = [](std::int64_t elements) {
    return fmt::format("{:.1f}", kMegabytesOf32Bit * static_cast<double>(elements));
  };
  TextTable table({"workload", "layers", "params", "MACs", "weights", "outputs", "modalities"},
                  {"", "", "", "", "fp32 MB", "fp32 MB", ""});
  for (const fs::path& file : shipped("workloads", ".yaml", fs::path(kScenarios).filename())) {
    const Workload workload = read_workload(file);
    table.add({shipped_name("workloads", file), fmt::format("{}", workload.size()),
               with_si_prefix(static_cast<double>(workload.weights())),
               with_si_prefix(static_cast<double>(workload.macs())), megabytes(workload.weights()),
               megabytes(workload.activations()), fmt::format("{}", workload.modalities().size())});
  }
  table.write(out);
}

void list_scenarios(std::ostream& out) {
  for (const fs::path& file : shipped(kScenarios, ".yaml")) {
    const Scenario scenario = read_scenario(file);
    fmt::print(out, "{}\n", shipped_name(kScenarios, file));
    std::string heading = scenario.name;
    if (!scenario.workload.empty()) heading += fmt::format(", of {}", scenario.workload);
    if (scenario.frames) heading += fmt::format(", {} frames", *scenario.frames);
    write_wrapped(out, fmt::format("{}, {} events", heading, scenario.events.size()), 4);
    write_wrapped(out, scenario.description.substr(0, scenario.description.find('\n')), 4);
  }
}

void list_accelerators(std::ostream& out, const Options& options, const Registry& registry) {
  const fs::path file = find_file(options.catalogue.empty() ? "accelerators.yaml" : options.catalogue,
                                  data_folders("platforms"));
  const Catalogue catalogue = read_catalogue(file, registry.models());
  for (const AcceleratorType& type : catalogue.types) {
    std::vector<std::string> types;
    for (const LayerType layer_type : type.layer_types) types.emplace_back(to_string(layer_type));
    fmt::print(out, "{}\n", type.name());
    write_wrapped(
        out,
        fmt::format(
            "{}; model {}; {}; weights of {} bit, activations of {}; {}B of DRAM{}, {:.0f} % of it for "
            "weights; {} W active, {} W idle",
            fmt::join(types, ", "), type.family, type.board.empty() ? "no board named" : type.board,
            type.device.weight_bits, type.device.activation_bits, with_si_prefix(type.dram_bytes),
            type.device.dram_Bps ? fmt::format(" at {}B/s", with_si_prefix(*type.device.dram_Bps)) : "",
            100 * type.weight_share, type.active_W, type.idle_W),
        4);
    if (!type.paper.empty()) write_wrapped(out, type.paper, 4);
    for (const auto& [key, value] : type.provenance) write_wrapped(out, fmt::format("{}: {}", key, value), 8);
  }
}

void list_platforms(std::ostream& out, const Options& options, const Registry& registry) {
  TextTable table({"platform", "FPGAs", "links", "host to FPGA", "catalogue"},
                  {"", "", "", "B/s, at least", ""});
  for (const fs::path& file : shipped("platforms", ".xml")) {
    Options one = options;
    one.platform = file.string();
    const PlatformInputs platform = read_platform(request_of(one), registry);
    const auto& accelerators = platform.system.accelerators;
    const auto slowest = std::min_element(accelerators.begin(), accelerators.end(),
                                          [](const Accelerator& a, const Accelerator& b) {
                                            return a.from_host.bandwidth_Bps < b.from_host.bandwidth_Bps;
                                          });
    table.add({shipped_name("platforms", file), fmt::format("{}", accelerators.size()),
               fmt::format("{}", platform.system.links.size()),
               with_si_prefix(slowest->from_host.bandwidth_Bps), platform.simulator.platform().catalogue});
  }
  table.write(out);
}

}  // namespace

void add_list(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("list", "Mappers, models, accelerators, workloads, ...");
  subcommand->callback([&command, subcommand] {
    if (subcommand->get_subcommands().empty()) {
      command = [subcommand] {
        write_to("-", [&](std::ostream& out) { out << subcommand->help("h2h-sim"); });
      };
    }
  });
  const auto add = [&](const char* name, const char* summary, std::function<void(std::ostream&)> write) {
    CLI::App* what = subcommand->add_subcommand(name, summary);
    add_plugin_option(*what, options);
    what->callback([&command, write = std::move(write)] { command = [write] { write_to("-", write); }; });
    return what;
  };
  add("mappers", "Mappers and steps with their options",
      [&](std::ostream& out) { list_mappers(out, registry); });
  add("models", "Families of accelerator models", [&](std::ostream& out) { list_models(out, registry); });
  add("workloads", "Shipped workloads with their totals", [](std::ostream& out) { list_workloads(out); });
  add("scenarios", "Shipped scenarios, for --scenario", [](std::ostream& out) { list_scenarios(out); });
  add("platforms", "Shipped platforms", [&](std::ostream& out) { list_platforms(out, options, registry); });
  add("accelerators", "Accelerators with the source of each number",
      [&](std::ostream& out) { list_accelerators(out, options, registry); })
      ->add_option("--accelerators", options.catalogue, "The catalogue (default: accelerators.yaml)")
      ->type_name("FILE");
}

}  // namespace h2h::cli
