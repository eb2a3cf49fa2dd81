// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <h2h/cost/problem.hpp>
#include <h2h/mapper/evaluator.hpp>
#include <h2h/platform/system.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/run/run.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/simulation/simulator.hpp>
#include <h2h/study/inputs.hpp>
#include <h2h/study/results.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

/// Runs points of a study, one after the other, and keeps what the next one can use: workload, SimGrid with
/// the platform, cost table, lower bounds and evaluators.
class PointRunner {
 public:
  PointRunner(const StudyInputs& inputs, const Registry& registry) : inputs_(inputs), registry_(registry) {}

  /// Something odd about a platform. Of one kind it is worth saying once, whatever the figures in the text.
  struct Warning {
    std::string kind;
    std::string text;
  };
  struct Outcome {
    StudyRow row;
    std::vector<Warning> warnings;  ///< of its platform, where that was loaded anew
  };
  /// @returns its row, also where nothing maps
  /// @throws Error for inputs that are wrong
  Outcome run(Study::PointIndex point);

 private:
  /// What a thing was made from; while that is the same, the thing serves.
  using Key = std::vector<std::string>;

  struct Platform {
    PlatformFile file;
    SimulatorOptions options;
    Simulator simulator;
    System system;
  };

  void load_platform(Study::PointIndex point, std::vector<Warning>& warnings);
  void load_workload(Study::PointIndex point);
  void load_problem(Study::PointIndex point);
  void forget_problem();
  Evaluator& evaluator(Study::PointIndex point);
  Judging judging(Study::PointIndex point);
  StudyRow run_frame(Study::PointIndex point);
  StudyRow run_stream(Study::PointIndex point);

  const StudyInputs& inputs_;
  const Registry& registry_;
  Key platform_key_;
  Key workload_key_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<Problem> problem_;                                   ///< of these two
  std::unique_ptr<QuickBounds> bounds_;                                ///< of the problem
  std::map<Execution, std::unique_ptr<Evaluator>> replay_evaluators_;  ///< on this platform
  AnalyticEvaluator analytic_evaluator_;
};

/// What points must have in common for a worker to load their platform once.
std::vector<std::string> platform_key(const Study& study, Study::PointIndex point);

}  // namespace h2h
