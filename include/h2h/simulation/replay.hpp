// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include <h2h/mapper/evaluator.hpp>
#include <h2h/schedule/schedule.hpp>
#include <h2h/simulation/simulator.hpp>

namespace h2h {

/// What a mapping comes down to for SimGrid: the activities of @p schedule (its times are not read) under its
/// execution. Activity i of the program is activity i of the schedule.
ReplayProgram compile(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// The same as a frame of a stream, all of whose frames have the same system and execution.
FrameProgram compile_frame(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// Gives the activities of a schedule the times of its program.
void set_times(Schedule& schedule, const ReplayTimes& times);

/// Schedule of a complete, valid mapping by SimGrid, with contention on the real topology: bit-wise the same
/// at every call.
Schedule replay(const Problem& problem, const Mapping& mapping, Simulator& simulator,
                Execution execution = Execution::serial);

/// When the last activity of each program ends, in seconds; as many programs run side by side as there are
/// simulators, each as by Simulator::replay(): the number of simulators changes no bit.
std::vector<double> latencies_s(std::span<Simulator> simulators, std::span<const ReplayProgram> programs);

/// Judges mappings by SimGrid, several side by side.
class ReplayEvaluator : public Evaluator {
 public:
  /// @param jobs number of SimGrid processes
  ReplayEvaluator(const PlatformFile& platform, const SimulatorOptions& options, unsigned jobs,
                  Execution execution = Execution::serial);
  ReplayEvaluator(const std::filesystem::path& platform, const SimulatorOptions& options, unsigned jobs,
                  Execution execution = Execution::serial);

  std::string_view name() const override { return "replay"; }
  bool is_analytic() const override { return false; }
  bool has_analytic_bound() const override {
    return execution_ == Execution::serial && workers_.front().platform().model_settings.empty();
  }
  std::vector<double> latencies_s(const Problem& problem, std::span<const Mapping> mappings) override;
  std::size_t width() const override { return workers_.size(); }

 private:
  Execution execution_;
  std::vector<ReplayWorker> workers_;
};

}  // namespace h2h
