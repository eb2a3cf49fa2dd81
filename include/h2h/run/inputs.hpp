// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/cost/problem.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/simulation/simulator.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

/// What a run is asked to work on.
struct InputRequest {
  std::filesystem::path workload;
  std::filesystem::path platform;
  std::optional<std::filesystem::path> catalogue;       ///< instead of the one that the platform names
  std::vector<std::filesystem::path> workload_folders;  ///< where a workload is looked up besides as given
  std::vector<std::filesystem::path> platform_folders;  ///< likewise platforms and catalogues
  std::vector<std::string> modalities;                  ///< empty: all
  std::optional<std::int64_t> batch;
  SimulatorOptions simulator;
};

/// A file that was read, for the record.
struct InputFile {
  InputFile() = default;
  InputFile(const std::filesystem::path& from, std::string_view content);

  std::string path;
  std::string sha256;
};

/// Everything that was read and checked. SimGrid runs until this ends.
struct Inputs {
  Workload workload;
  Simulator simulator;
  System system;
  PlatformFile platform_file;
  std::vector<InputFile> files;  ///< workload, platform, catalogue, plug-ins
  std::vector<std::string> warnings;
  Catalogue catalogue;  ///< from which the system's accelerators are drawn
};

/// Reads workload, platform and catalogue. @throws Error
Inputs read_inputs(const InputRequest& request, const Registry& registry);

/// The catalogue that a platform names: beside it, or else in @p folders.
/// @throws Error (input) if it names none, or one that is not there
std::filesystem::path find_catalogue(const std::filesystem::path& platform, const std::string& named,
                                     const std::vector<std::filesystem::path>& folders);

/// The problem that the inputs pose; it refers to them.
/// @throws Error (infeasible) if some layer runs on no accelerator; it says what of the catalogue would help
Problem make_problem(const Inputs& inputs, Activations activations = Activations::host);

/// The workload alone, as the request changes it, for commands that need no platform.
Workload read_requested_workload(const InputRequest& request, InputFile& file);

/// The system of a platform alone, for commands that need no workload.
struct PlatformInputs {
  Simulator simulator;
  System system;
  PlatformFile platform_file;
  std::vector<InputFile> files;
  std::vector<std::string> warnings;
  Catalogue catalogue;
};
PlatformInputs read_platform(const InputRequest& request, const Registry& registry);

}  // namespace h2h
