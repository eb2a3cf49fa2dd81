// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/inputs.hpp>

#include <fmt/format.h>

#include <h2h/run/feasibility.hpp>

#include <utility>

#include <h2h/base/files.hpp>
#include <h2h/workload/workload_file.hpp>

namespace h2h {
namespace fs = std::filesystem;
fs::path find_catalogue(const fs::path& platform, const std::string& named,
                        const std::vector<fs::path>& folders) {
  if (named.empty()) {
    throw Error(ErrorKind::input, {platform.string()}, "names no accelerator catalogue",
                "add <prop id=\"accelerators\" value=\"accelerators.yaml\"/> to the root zone, or give "
                "--accelerators");
  }
  const fs::path beside = platform.parent_path() / named;
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside : find_file(named, folders);
}

// Every file is read once, so that the bytes on record are those that were used.

InputFile::InputFile(const fs::path& from, std::string_view content)
    : path(from.string()), sha256(h2h::sha256(content)) {}

Workload read_requested_workload(const InputRequest& request, InputFile& file) {
  const fs::path path = find_file(request.workload, request.workload_folders);
  const std::string content = read_file(path);
  file = {path, content};
  Workload workload = parse_workload(content, path.string());
  if (!request.modalities.empty()) workload = workload.with_modalities(request.modalities);
  if (request.batch) workload = workload.with_batch(*request.batch);
  return workload;
}

PlatformInputs read_platform(const InputRequest& request, const Registry& registry) {
  PlatformFile file(find_file(request.platform, request.platform_folders));
  Simulator simulator(file, request.simulator);
  const fs::path catalogue_path =
      request.catalogue ? find_file(*request.catalogue, request.platform_folders)
                        : find_catalogue(file.path, simulator.platform().catalogue, request.platform_folders);
  const std::string content = read_file(catalogue_path);
  Catalogue catalogue = parse_catalogue(content, catalogue_path.string(), registry.models());
  System system = make_system(simulator.platform(), catalogue);
  std::vector<std::string> warnings;
  for (std::string warning : {unequal_latency_warning(system), changed_model_warning(system)}) {
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
  std::vector<InputFile> files = {{file.path, file.xml}, {catalogue_path, content}};
  return {std::move(simulator), std::move(system),   std::move(file),
          std::move(files),     std::move(warnings), std::move(catalogue)};
}

Inputs read_inputs(const InputRequest& request, const Registry& registry) {
  InputFile workload_file;
  Workload workload = read_requested_workload(request, workload_file);
  PlatformInputs platform = read_platform(request, registry);
  Inputs inputs{std::move(workload),          std::move(platform.simulator),
                std::move(platform.system),   std::move(platform.platform_file),
                std::move(platform.files),    std::move(platform.warnings),
                std::move(platform.catalogue)};
  inputs.files.insert(inputs.files.begin(), std::move(workload_file));
  for (const std::string& plugin : registry.plugins()) inputs.files.emplace_back(plugin, read_file(plugin));
  return inputs;
}

Problem make_problem(const Inputs& inputs, Activations activations) {
  try {
    return {inputs.workload, inputs.system, activations};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::infeasible) throw;
    const Infeasibility infeasibility = find_infeasibility(inputs.workload, inputs.system, inputs.catalogue);
    if (!infeasibility.hopeless.empty()) throw;
    throw Error(
        error.kind(), error.where(), error.message(),
        fmt::format("{}; all layers run with {} of the catalogue", error.hint(), remedy_of(infeasibility)));
  }
}

}  // namespace h2h
