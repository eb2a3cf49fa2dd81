// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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
  std::string path;
  std::string sha256;
};

/// Everything that was read and checked. SimGrid runs until this ends.
struct Inputs {
  Workload workload;
  Simulator simulator;
  System system;
  std::filesystem::path platform_file;
  std::vector<InputFile> files;  ///< workload, platform, catalogue, plug-ins
  std::vector<std::string> warnings;
};

/// Reads workload, platform and catalogue. @throws Error
Inputs read_inputs(const InputRequest& request, const Registry& registry);

/// The system of a platform alone, for commands that need no workload.
struct PlatformInputs {
  Simulator simulator;
  System system;
  std::filesystem::path platform_file;
  std::vector<InputFile> files;
};
PlatformInputs read_platform(const InputRequest& request, const Registry& registry);

}  // namespace h2h
