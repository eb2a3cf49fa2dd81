// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/inputs.hpp>

#include <utility>

#include <h2h/base/files.hpp>
#include <h2h/workload/workload_file.hpp>

namespace h2h {
namespace fs = std::filesystem;
namespace {

InputFile record(const fs::path& path) {
  return {path.string(), sha256(read_file(path))};
}

Workload read_requested_workload(const InputRequest& request, InputFile& file) {
  const fs::path path = find_file(request.workload, request.workload_folders);
  const std::string content = read_file(path);
  file = {path.string(), sha256(content)};
  Workload workload = parse_workload(content, path.string());
  if (!request.modalities.empty()) workload = workload.with_modalities(request.modalities);
  if (request.batch) workload = workload.with_batch(*request.batch);
  return workload;
}

fs::path catalogue_of(const InputRequest& request, const fs::path& platform,
                      const PlatformDescription& description) {
  if (request.catalogue) return find_file(*request.catalogue, request.platform_folders);
  if (description.catalogue.empty()) {
    throw Error(ErrorKind::input, {platform.string()}, "names no accelerator catalogue",
                "add <prop id=\"accelerators\" value=\"accelerators.yaml\"/> to the root zone, or give "
                "--accelerators");
  }
  const fs::path beside = platform.parent_path() / description.catalogue;
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside : find_file(description.catalogue, request.platform_folders);
}

}  // namespace

PlatformInputs read_platform(const InputRequest& request, const Registry& registry) {
  const fs::path path = find_file(request.platform, request.platform_folders);
  Simulator simulator(path, request.simulator);
  const fs::path catalogue = catalogue_of(request, path, simulator.platform());
  System system = make_system(simulator.platform(), read_catalogue(catalogue, registry.models()));
  return {std::move(simulator), std::move(system), path, {record(path), record(catalogue)}};
}

Inputs read_inputs(const InputRequest& request, const Registry& registry) {
  InputFile workload_file;
  Workload workload = read_requested_workload(request, workload_file);
  PlatformInputs platform = read_platform(request, registry);
  Inputs inputs{std::move(workload),
                std::move(platform.simulator),
                std::move(platform.system),
                platform.platform_file,
                {},
                {}};
  inputs.files = std::move(platform.files);
  inputs.files.insert(inputs.files.begin(), std::move(workload_file));
  for (const std::string& plugin : registry.plugins()) inputs.files.push_back(record(plugin));
  if (std::string warning = unequal_latency_warning(inputs.system); !warning.empty()) {
    inputs.warnings.push_back(std::move(warning));
  }
  return inputs;
}

}  // namespace h2h
