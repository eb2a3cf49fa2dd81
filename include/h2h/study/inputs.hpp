// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/run/inputs.hpp>
#include <h2h/scenario/scenario.hpp>
#include <h2h/study/study.hpp>

namespace h2h {

/// How a study is run, beyond what its file says.
struct StudyRequest {
  std::vector<std::filesystem::path> workload_folders;  ///< where files are looked up, after the study's own
  std::vector<std::filesystem::path> platform_folders;
  std::vector<std::filesystem::path> scenario_folders;
  std::vector<std::string> cfg;  ///< SimGrid's, as in SimulatorOptions
  std::vector<std::string> log;
  bool replay = true;  ///< whether latencies are replayed; otherwise they are analytic
};

/// A file that a study names, as it was when the study began.
struct StudyFile {
  std::filesystem::path path;
  std::string content;
};

/// A study with everything that it names, read once: all of its points, in whatever process, have the same
/// bytes.
struct StudyInputs {
  Study study;
  StudyRequest request;
  // By the words of the study file.
  std::map<std::string, StudyFile, std::less<>> workloads;
  std::map<std::string, StudyFile, std::less<>> platforms;
  std::map<std::string, StudyFile, std::less<>> catalogues;  ///< by platform
  std::map<std::string, Mapper, std::less<>> mappers;
  std::map<std::string, Scenario, std::less<>> scenarios;
  std::vector<InputFile> files;

  /// Everything that results depend on, by what the user calls it: hashes of files, versions, options. What
  /// differs between two records says why one study does not continue the other.
  std::map<std::string, std::string> record;
  /// The record in one word.
  std::string digest;
  /// What the user should know before the study runs.
  std::vector<std::string> warnings;
};

/// Reads and checks everything that a study names: files, paths of parameters, mappers, and of every value
/// the first point that has it; what only SimGrid can say comes up in the points.
/// @throws Error (input)
StudyInputs read_study(const std::filesystem::path& file, StudyRequest request, const Registry& registry);

}  // namespace h2h
