// SPDX-License-Identifier: Apache-2.0
#include <h2h/simulation/replay.hpp>

#include <algorithm>
#include <exception>
#include <numeric>
#include <utility>

#include <h2h/schedule/activity_order.hpp>

namespace h2h {

namespace {

ActivityGraph graph_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule,
                       const ActivityOrder& order) {
  constexpr ActivityGraph::Node kHost = 0;
  const auto node_of = [](AcceleratorIndex a) {
    return a == Problem::kHost ? kHost : static_cast<ActivityGraph::Node>(a + 1);
  };
  const auto activities = schedule.activities();
  ActivityGraph program;
  program.activities.reserve(activities.size());
  for (const Activity& activity : activities) {
    const ActivityGraph::Node here = node_of(mapping.accelerator[activity.layer]);
    const auto bytes = static_cast<double>(activity.bytes);
    switch (activity.stage) {
      case Stage::weights:
      case Stage::input:
        program.activities.push_back({node_of(activity.source), here, bytes});
        break;
      case Stage::compute:
        program.activities.push_back({here, here, alone_s(problem, mapping, activity)});
        break;
      case Stage::output:
        program.activities.push_back({here, kHost, bytes});
        break;
    }
  }
  // From who waits for whom to who is waited for by whom.
  program.first_successor.assign(activities.size() + 1, 0);
  for (const std::uint32_t earlier : order.before) ++program.first_successor[earlier + 1];
  std::partial_sum(program.first_successor.begin(), program.first_successor.end(),
                   program.first_successor.begin());
  program.successors.resize(order.before.size());
  std::vector<std::uint32_t> next(program.first_successor.begin(), program.first_successor.end() - 1);
  for (std::uint32_t later = 0; later < activities.size(); ++later) {
    for (const std::uint32_t earlier : order.of(later)) program.successors[next[earlier]++] = later;
  }
  return program;
}

}  // namespace

ReplayProgram compile(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  return {graph_of(problem, mapping, schedule, order_of(problem, mapping, schedule)), {}};
}

FrameProgram compile_frame(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  FrameOrder order = frame_order_of(problem, mapping, schedule);
  return {graph_of(problem, mapping, schedule, order.inside), std::move(order.arrivals),
          std::move(order.heads), std::move(order.tails)};
}

void set_times(Schedule& schedule, const ReplayTimes& times) {
  const auto activities = schedule.activities();
  for (std::size_t i = 0; i < activities.size(); ++i) {
    activities[i].start_s = times.start_s[i];
    activities[i].end_s = times.end_s[i];
  }
}

Schedule replay(const Problem& problem, const Mapping& mapping, Simulator& simulator, Execution execution) {
  Schedule schedule(problem, mapping, execution);
  const ReplayTimes times = simulator.replay(compile(problem, mapping, schedule));
  set_times(schedule, times);
  return schedule;
}

namespace {

/// Runs jobs on workers side by side, a batch after the other.
/// @param start (worker, job) begins one, @param finish (worker) waits for it
template <typename Start, typename Finish>
void in_batches(std::size_t workers, std::size_t jobs, const Start& start, const Finish& finish) {
  for (std::size_t done = 0; done < jobs; done += workers) {
    const std::size_t batch = std::min(workers, jobs - done);
    // Whatever fails, each worker that was started is asked for its answer: left unread, it would be taken
    // for that of the next job.
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
      for (; started < batch; ++started) start(started, done + started);
    });
    for (std::size_t i = 0; i < started; ++i) attempt([&] { finish(i); });
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace

std::vector<double> latencies_s(std::span<Simulator> simulators, std::span<const ReplayProgram> programs) {
  std::vector<double> latencies;
  latencies.reserve(programs.size());
  in_batches(
      simulators.size(), programs.size(),
      [&](std::size_t worker, std::size_t job) { simulators[worker].start(programs[job]); },
      [&](std::size_t worker) {
        const ReplayTimes times = simulators[worker].finish();
        latencies.push_back(times.end_s.empty() ? 0.0
                                                : *std::max_element(times.end_s.begin(), times.end_s.end()));
      });
  return latencies;
}

ReplayEvaluator::ReplayEvaluator(const PlatformFile& platform, const SimulatorOptions& options, unsigned jobs,
                                 Execution execution)
    : execution_(execution) {
  for (unsigned i = 0; i < std::max(1U, jobs); ++i) workers_.emplace_back(platform, options);
}
ReplayEvaluator::ReplayEvaluator(const std::filesystem::path& platform, const SimulatorOptions& options,
                                 unsigned jobs, Execution execution)
    : ReplayEvaluator(PlatformFile(platform), options, jobs, execution) {}

std::vector<double> ReplayEvaluator::latencies_s(const Problem& problem, std::span<const Mapping> mappings) {
  std::vector<double> latencies;
  latencies.reserve(mappings.size());
  in_batches(
      workers_.size(), mappings.size(),
      [&](std::size_t worker, std::size_t job) {
        workers_[worker].start(compile(problem, mappings[job], Schedule(problem, mappings[job], execution_)));
      },
      [&](std::size_t worker) { latencies.push_back(workers_[worker].finish()); });
  return latencies;
}

}  // namespace h2h
