// SPDX-License-Identifier: Apache-2.0
//
// How long things take, at three sizes: VLocNet on cloud.xml (141 layers, 12 FPGAs), and generated problems
// of 1,500 x 100 and 15,000 x 1,000. README.md says how to read the figures.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <h2h/base/files.hpp>
#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/bounds.hpp>
#include <h2h/schedule/incremental.hpp>
#include <h2h/search/annealing.hpp>
#include <h2h/simulation/replay.hpp>
#include <h2h/stream/stream.hpp>
#include <h2h/trace/export.hpp>
#include <h2h/workload/workload_file.hpp>

#include "bare_dispatcher.hpp"
#include "support/generated.hpp"
#include "support/temporary.hpp"

namespace {

using namespace h2h;

/// One size, made once and kept: workload, platform, problem, and the mapping of `h2h`.
struct Instance {
  test::TemporaryFolder folder;
  std::filesystem::path platform_file;
  Workload workload;
  System system;
  std::unique_ptr<Problem> problem;
  std::map<std::string, Mapping> mappings;  ///< by chain

  Instance(Workload made, std::filesystem::path platform)
      : platform_file(std::move(platform)), workload(std::move(made)) {
    prepare();
  }
  explicit Instance(int layers, int fpgas)
      : platform_file(folder.write("platform.xml", test::generated_platform(fpgas))),
        workload(test::generated_workload(layers)) {
    prepare();
  }

  void prepare() {
    const Registry registry = builtin_registry();
    const Simulator simulator(platform_file);
    system = make_system(simulator.platform(),
                         read_catalogue(test::source_file("platforms/accelerators.yaml"), registry.models()));
    problem = std::make_unique<Problem>(workload, system);
  }

  /// What a chain comes to, computed at its first use.
  const Mapping& mapping(const std::string& chain) {
    if (const auto known = mappings.find(chain); known != mappings.end()) return known->second;
    const auto cut = chain.rfind('+');
    const Mapping before = cut == std::string::npos ? Mapping::none(*problem) : mapping(chain.substr(0, cut));
    return mappings.emplace(chain, run(chain.substr(cut == std::string::npos ? 0 : cut + 1), before))
        .first->second;
  }

  Mapping run(const std::string& step, const Mapping& before) const {
    const Registry registry = builtin_registry();
    AnalyticEvaluator evaluator;
    StepContext context{evaluator};
    Mapping result = before;
    for (const Mapper::Step& one : make_mapper(step, registry).steps)
      result = one.step->run(*problem, result, context).mapping;
    return result;
  }
};

Instance& instance(std::int64_t layers) {
  static std::map<std::int64_t, std::unique_ptr<Instance>> all;
  std::unique_ptr<Instance>& one = all[layers];
  if (!one) {
    one = layers == 141
              ? std::make_unique<Instance>(read_workload(test::source_file("workloads/vlocnet.yaml")),
                                           test::source_file("platforms/cloud.xml"))
              : std::make_unique<Instance>(static_cast<int>(layers), static_cast<int>(layers / 15));
  }
  return *one;
}

const std::string kStep1 = "computation-prioritized";
const std::string kStep2 = kStep1 + "+weight-locality";
const std::string kStep3 = kStep2 + "+activation-transfer";
const std::string kStep4 = kStep3 + "+data-locality-remapping";

void platform_load(benchmark::State& state) {
  const Instance& one = instance(state.range(0));
  for (auto _ : state) {
    const Simulator simulator(one.platform_file);
    benchmark::DoNotOptimize(simulator.platform().fpgas.size());
  }
}

void cost_table(benchmark::State& state) {
  const Instance& one = instance(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Problem(one.workload, one.system).kinds());
}

void analytic_from_scratch(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  const Mapping& mapping = one.mapping(kStep4);
  for (auto _ : state) benchmark::DoNotOptimize(analytic_latency_s(*one.problem, mapping));
}

/// A layer is moved beside its first producer and back: what step 4 does most, without redoing steps 2 and 3.
void analytic_incremental(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  IncrementalSchedule schedule(*one.problem, one.mapping(kStep3));
  LayerIndex layer = 0;
  std::int64_t judged = 0;
  for (auto _ : state) {
    layer = (layer + 1) % one.problem->layers();
    const LayerIndex producer = one.problem->tensor(*one.problem->inputs(layer).begin()).producer;
    if (producer == Tensor::kNetworkInput || !one.problem->runs(layer, schedule.accelerator(producer)))
      continue;
    if (schedule.move(layer, schedule.accelerator(producer), producer)) {
      benchmark::DoNotOptimize(schedule.latency_s());
      ++judged;
    }
    schedule.rollback();
  }
  state.SetItemsProcessed(judged);
}

/// What a search judges: the plan's first layer moves to another accelerator, so that the walk is over all.
void plan_whole_walk(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  PlanSchedule schedule(*one.problem, plan_of(*one.problem, one.mapping(kStep3)), kLatency,
                        LocalityRules::Scope::adjacent);
  const LayerIndex first = schedule.plan().sequence.front();
  const auto choices = one.problem->candidates(first);
  std::size_t choice = 0;
  std::int64_t judged = 0;
  for (auto _ : state) {
    choice = (choice + 1) % choices.size();
    if (choices[choice] == schedule.accelerator(first)) continue;
    schedule.assign(first, choices[choice]);
    benchmark::DoNotOptimize(schedule.value());
    schedule.rollback();
    ++judged;
  }
  state.SetItemsProcessed(judged);
}

/// Whole moves of a search: drawn, applied, judged, kept or taken back, at the temperatures of `sa`.
void search_moves(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  constexpr std::uint64_t kMoves = 20000;
  for (auto _ : state) {
    PlanSchedule schedule(*one.problem, plan_of(*one.problem, one.mapping(kStep3)), kLatency,
                          LocalityRules::Scope::adjacent);
    Neighbourhood neighbourhood(*one.problem, 1);
    Progress progress({kMoves, 0});
    benchmark::DoNotOptimize(anneal(schedule, neighbourhood, {}, progress).value);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMoves));
}

void step(benchmark::State& state, const std::string& before, const std::string& name) {
  Instance& one = instance(state.range(0));
  const Mapping start = before.empty() ? Mapping::none(*one.problem) : one.mapping(before);
  for (auto _ : state) benchmark::DoNotOptimize(one.run(name, start).order.size());
}

void whole_h2h(benchmark::State& state) {
  step(state, "", "h2h");
}

void bounds(benchmark::State& state) {
  const Instance& one = instance(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(best_bound(*one.problem).latency_s);
}

void replay_on_a_running_clock(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  const Mapping& mapping = one.mapping(kStep4);
  const ReplayProgram program = compile(*one.problem, mapping, Schedule(*one.problem, mapping));
  ReplayWorker worker(one.platform_file);
  for (auto _ : state) {
    worker.start(program);
    benchmark::DoNotOptimize(worker.finish());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(program.activities.size()));
}

void replay_in_a_fresh_fork(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  const Mapping& mapping = one.mapping(kStep4);
  Simulator simulator(one.platform_file);
  for (auto _ : state) benchmark::DoNotOptimize(replay(*one.problem, mapping, simulator).latency_s());
}

void replay_bare_dispatcher(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  const Mapping& mapping = one.mapping(kStep4);
  const ReplayProgram program = compile(*one.problem, mapping, Schedule(*one.problem, mapping));
  benchmark_support::BareDispatcher dispatcher(one.platform_file, program);
  for (auto _ : state) state.SetIterationTime(dispatcher.run());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(program.activities.size()));
}

/// Both in turn, so that a machine whose speed drifts treats them alike: `ratio` is the median of the pairs.
void replay_against_bare_dispatcher(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  Instance& one = instance(state.range(0));
  const Mapping& mapping = one.mapping(kStep4);
  const ReplayProgram program = compile(*one.problem, mapping, Schedule(*one.problem, mapping));
  benchmark_support::BareDispatcher dispatcher(one.platform_file, program);
  ReplayWorker worker(one.platform_file);
  std::vector<double> ratios;
  for (auto _ : state) {
    const double bare_s = dispatcher.run();
    const auto begin = Clock::now();
    worker.start(program);
    benchmark::DoNotOptimize(worker.finish());
    ratios.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / bare_s);
  }
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2),
                   ratios.end());
  state.counters["ratio"] = ratios[ratios.size() / 2];
}

/// Frames of `h2h`, one every so many hundredths of what its busiest FPGA needs for one without contention.
Stream stream_of(const Instance& one, const Mapping& mapping, std::size_t frames, std::int64_t percent) {
  std::vector<double> busy_s(one.problem->accelerators());
  for (LayerIndex layer = 0; layer < one.problem->layers(); ++layer)
    busy_s[mapping.accelerator[layer]] += layer_seconds(*one.problem, mapping, layer).to_end;
  const double period_s =
      *std::max_element(busy_s.begin(), busy_s.end()) * static_cast<double>(percent) / 100;
  Stream stream;
  stream.phases.push_back({one.problem.get(), mapping, {}});
  for (std::size_t frame = 0; frame < frames; ++frame)
    stream.frames.push_back({0, period_s * static_cast<double>(frame)});
  return stream;
}

/// Resident kilobytes of a process: now, or at most so far.
double memory_kB(const std::string& process, const std::string& key) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string word; status >> word;) {
    if (word != key) continue;
    double kB = 0;
    status >> kB;
    return kB;
  }
  return 0;
}

/// Of the processes that a process has, those that live longest first.
std::vector<std::string> children_of(const std::string& process) {
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  return {std::istream_iterator<std::string>(list), {}};
}

/// What a frame of a stream costs, in single replays of it on a running clock (`ratio`), both in turn, and
/// the memory of both processes when nearly all frames have been seen. `queue` is how many times longer the
/// last frame takes, from its arrival, than the first.
void stream_against_single_frames(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  Instance& one = instance(141);
  const Mapping& mapping = one.mapping(kStep4);
  const auto frames = static_cast<std::size_t>(state.range(0));
  const Stream stream = stream_of(one, mapping, frames, state.range(1));
  const ReplayProgram program = compile(*one.problem, mapping, Schedule(*one.problem, mapping));
  const std::string own_id = std::to_string(::getpid());
  Simulator simulator(one.platform_file);
  const std::string child = children_of(own_id).back();
  ReplayWorker worker(one.platform_file);
  const auto singles_s = [&] {
    constexpr int kSingles = 50;
    const auto begin = Clock::now();
    for (int i = 0; i < kSingles; ++i) {
      worker.start(program);
      benchmark::DoNotOptimize(worker.finish());
    }
    return seconds_since(begin) / kSingles;
  };
  std::vector<double> ratios;
  for (auto _ : state) {
    double single_s = singles_s();
    double first_s = 0;
    double last_s = 0;
    const auto begin = Clock::now();
    replay_stream(stream, simulator, [&](std::size_t frame, const Schedule& schedule) {
      if (frame == 0) first_s = schedule.latency_s();
      if (frame == frames - 1) last_s = schedule.latency_s() - stream.frames.back().arrival_s;
      if (frame != frames * 9 / 10) return;
      state.counters["parent_MB"] = memory_kB(own_id, "VmRSS:") / 1e3;
      for (const std::string& runs : children_of(child))
        state.counters["child_MB"] = memory_kB(runs, "VmHWM:") / 1e3;
    });
    const double stream_s = seconds_since(begin);
    state.SetIterationTime(stream_s);
    single_s = (single_s + singles_s()) / 2;
    ratios.push_back(stream_s / static_cast<double>(frames) / single_s);
    state.counters["queue"] = last_s / first_s;
  }
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2),
                   ratios.end());
  state.counters["ratio"] = ratios[ratios.size() / 2];
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames * program.activities.size()));
}

/// From a judged schedule to the bytes of its Paje trace. `heft`, as the mapping of h2h takes a while at the
/// largest size.
void paje_trace(benchmark::State& state) {
  Instance& one = instance(state.range(0));
  const Judgement judgement = judge(*one.problem, one.mapping("heft"), {analytic_schedule});
  std::size_t bytes = 0;
  for (auto _ : state) {
    const Timeline timeline = make_timeline(*one.problem, judgement, "heft");
    std::ostringstream out;
    write_paje(out, {&timeline, 1}, "benchmark");
    bytes = out.str().size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* one) {
  one->Arg(141)->Arg(1500)->Arg(15000)->Unit(benchmark::kMicrosecond);
}

BENCHMARK(platform_load)->Apply(sizes)->UseRealTime();
BENCHMARK(cost_table)->Apply(sizes);
BENCHMARK(analytic_from_scratch)->Apply(sizes);
BENCHMARK(analytic_incremental)->Apply(sizes);
BENCHMARK(plan_whole_walk)->Apply(sizes);
BENCHMARK(search_moves)->Apply(sizes);
BENCHMARK_CAPTURE(step, computation_prioritized, std::string(), kStep1)->Apply(sizes);
BENCHMARK_CAPTURE(step, weight_locality, kStep1, std::string("weight-locality"))->Apply(sizes);
BENCHMARK_CAPTURE(step, activation_transfer, kStep2, std::string("activation-transfer"))->Apply(sizes);
BENCHMARK_CAPTURE(step, data_locality_remapping, kStep3, std::string("data-locality-remapping"))
    ->Apply(sizes);
BENCHMARK(whole_h2h)->Apply(sizes);
BENCHMARK_CAPTURE(step, heft, std::string(), std::string("heft"))->Apply(sizes);
BENCHMARK_CAPTURE(step, heft_lookahead, std::string(), std::string("heft-lookahead"))->Apply(sizes);
BENCHMARK_CAPTURE(step, min_min, std::string(), std::string("min-min"))->Apply(sizes);
BENCHMARK_CAPTURE(step, taura_chien, std::string(), std::string("taura-chien"))->Apply(sizes);
BENCHMARK_CAPTURE(step, series_parallel, std::string(), std::string("series-parallel[evals=20000]"))
    ->Apply(sizes);
BENCHMARK_CAPTURE(step, best, std::string(), std::string("best[evals=100000]"))->Apply(sizes)->UseRealTime();
BENCHMARK(bounds)->Apply(sizes);
BENCHMARK(paje_trace)->Apply(sizes);
BENCHMARK(replay_bare_dispatcher)->Apply(sizes)->UseManualTime();
BENCHMARK(replay_on_a_running_clock)->Apply(sizes)->UseRealTime();
BENCHMARK(replay_against_bare_dispatcher)->Apply(sizes)->UseRealTime();
BENCHMARK(replay_in_a_fresh_fork)->Apply(sizes)->UseRealTime();
BENCHMARK(stream_against_single_frames)
    ->ArgNames({"frames", "percent"})
    ->ArgsProduct({{100, 1000, 4000}, {150, 80}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
