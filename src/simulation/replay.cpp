// SPDX-License-Identifier: Apache-2.0
#include <h2h/simulation/replay.hpp>

#include <algorithm>
#include <exception>

namespace h2h {

ReplayProgram compile(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  constexpr ReplayProgram::Node kHost = 0;
  const auto node_of = [](AcceleratorIndex a) { return static_cast<ReplayProgram::Node>(a + 1); };
  std::vector<LayerIndex> next(problem.layers(), Tensor::kNetworkInput);
  for (const auto& order : mapping.order) {
    for (std::size_t i = 1; i < order.size(); ++i) next[order[i - 1]] = order[i];
  }
  ReplayProgram program;
  program.activities.reserve(schedule.activities().size());
  program.first_successor.reserve(schedule.activities().size() + 1);
  program.successors.reserve(schedule.activities().size() + problem.tensors());
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const AcceleratorIndex accelerator = mapping.accelerator[layer];
    const auto activities = schedule.of(layer);
    for (std::size_t i = 0; i < activities.size(); ++i) {
      const Activity& activity = activities[i];
      switch (activity.stage) {
        case Stage::weights:
        case Stage::input:
          program.activities.push_back({kHost, node_of(accelerator), static_cast<double>(activity.bytes)});
          break;
        case Stage::compute:
          program.activities.push_back(
              {node_of(accelerator), node_of(accelerator), problem.cost(layer, accelerator).compute_s});
          break;
        case Stage::output:
          program.activities.push_back({node_of(accelerator), kHost, static_cast<double>(activity.bytes)});
          break;
      }
      if (i + 1 < activities.size()) {
        program.successors.push_back(schedule.first_activity(layer) + static_cast<std::uint32_t>(i) + 1);
      } else {
        // The layer has ended: whoever reads its output, and the next on its accelerator, wait no longer for
        // it.
        for (const TensorIndex tensor : problem.outputs(layer)) {
          program.successors.push_back(schedule.first_activity(problem.tensor(tensor).consumer));
        }
        if (next[layer] != Tensor::kNetworkInput)
          program.successors.push_back(schedule.first_activity(next[layer]));
      }
      program.first_successor.push_back(static_cast<std::uint32_t>(program.successors.size()));
    }
  }
  return program;
}

Schedule replay(const Problem& problem, const Mapping& mapping, Simulator& simulator) {
  Schedule schedule(problem, mapping);
  const ReplayTimes times = simulator.replay(compile(problem, mapping, schedule));
  const auto activities = schedule.activities();
  for (std::size_t i = 0; i < activities.size(); ++i) {
    activities[i].start_s = times.start_s[i];
    activities[i].end_s = times.end_s[i];
  }
  return schedule;
}

ReplayEvaluator::ReplayEvaluator(const PlatformFile& platform, const SimulatorOptions& options,
                                 unsigned jobs) {
  for (unsigned i = 0; i < std::max(1U, jobs); ++i) workers_.emplace_back(platform, options);
}
ReplayEvaluator::ReplayEvaluator(const std::filesystem::path& platform, const SimulatorOptions& options,
                                 unsigned jobs)
    : ReplayEvaluator(PlatformFile(platform), options, jobs) {}

std::vector<double> ReplayEvaluator::latencies_s(const Problem& problem, std::span<const Mapping> mappings) {
  std::vector<double> latencies;
  latencies.reserve(mappings.size());
  while (latencies.size() < mappings.size()) {
    const std::size_t batch = std::min(workers_.size(), mappings.size() - latencies.size());
    const auto now = mappings.subspan(latencies.size(), batch);
    // Whatever fails, each worker that was started is asked for its answer: left unread, it would be taken
    // for that of the next mapping.
    std::exception_ptr failure;
    const auto attempt = [&failure](const auto& act) {
      try {
        act();
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    };
    std::size_t started = 0;
    attempt([&] {
      for (; started < batch; ++started)
        workers_[started].start(compile(problem, now[started], Schedule(problem, now[started])));
    });
    for (std::size_t i = 0; i < started; ++i) attempt([&] { latencies.push_back(workers_[i].finish()); });
    if (failure) std::rethrow_exception(failure);
  }
  return latencies;
}

}  // namespace h2h
