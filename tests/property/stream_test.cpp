// SPDX-License-Identifier: Apache-2.0
//
// Streams on random problems: against single runs, the evaluators against each other, and the checker on
// both and on streams that were right before one thing was changed.

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <h2h/base/error.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/simulation/replay.hpp>
#include <h2h/stream/stream.hpp>

#include "support/random.hpp"
#include "support/temporary.hpp"

namespace h2h {
namespace {

using test::chance;
using test::draw;
using test::Random;

SimulatorOptions with_peers() {
  SimulatorOptions options;
  options.peer_routes = true;
  return options;
}

/// The workload with a random choice of its modalities on.
Workload random_choice(Random& random, const Workload& workload) {
  std::vector<std::string> on;
  for (const std::string& modality : workload.modalities()) {
    if (chance(random, 0.6)) on.push_back(modality);
  }
  try {
    return workload.with_modalities(on);
  } catch (const Error&) {
    return workload;  // nothing would be left
  }
}

/// A stream with all that it refers to: phases, if several, with modalities on and off, with mappings of
/// their own; arrivals that the platform now keeps up with and now does not.
class RandomStream {
 public:
  RandomStream(Random& random, const PlatformDescription& platform, std::int64_t phases, std::int64_t frames,
               Execution execution, Activations activations = Activations::host)
      : system_(test::random_system(random, platform, chance(random, 0.5))) {
    const Workload workload = test::random_workload(random);
    stream.execution = execution;
    double longest_s = 0;
    for (std::int64_t i = 0; i < phases; ++i) {
      workloads_.push_back(
          std::make_unique<Workload>(phases == 1 ? workload : random_choice(random, workload)));
      problems_.push_back(std::make_unique<Problem>(*workloads_.back(), system_, activations));
      const Problem& problem = *problems_.back();
      StreamPhase& phase = stream.phases.emplace_back();
      phase.problem = &problem;
      phase.mapping = test::random_mapping(random, problem);
      for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
        phase.loads.push_back(phase.mapping.pinned[layer] != 0 && chance(random, 0.6) ? 1 : 0);
      if (chance(random, 0.2)) phase.loads.clear();
      longest_s = std::max(longest_s, analytic_latency_s(problem, phase.mapping));
    }
    double arrival_s = chance(random, 0.7) ? 0 : longest_s / 3;
    for (std::int64_t i = 0; i < frames; ++i) {
      stream.frames.push_back({static_cast<std::uint32_t>(i * phases / frames), arrival_s});
      if (chance(random, 0.8)) arrival_s += longest_s * static_cast<double>(draw(random, 1, 150)) / 100;
    }
  }

  const System& system() const { return system_; }

  /// The stream as it is run.
  std::vector<Schedule> analytic() const {
    return collect([this](const FrameVisitor& visit) { analytic_stream(stream, visit); });
  }
  std::vector<Schedule> replayed(Simulator& simulator) const {
    return collect([&](const FrameVisitor& visit) { replay_stream(stream, simulator, visit); });
  }

  /// What the checker says of schedules, frame by frame.
  std::string violations(const std::vector<Schedule>& schedules, Contention contention) const {
    return violations(schedules, contention, stream.frames);
  }
  std::string violations(const std::vector<Schedule>& schedules, Contention contention,
                         const std::vector<StreamFrame>& frames) const {
    StreamChecker checker(contention);
    std::string text;
    for (std::size_t frame = 0; frame < schedules.size(); ++frame) {
      const StreamPhase& phase = stream.phases[frames[frame].phase];
      for (const Violation& violation :
           checker.next(*phase.problem, phase.mapping,
                        is_first_of_phase(stream, frame) ? phase.loads : std::vector<char>(),
                        frames[frame].arrival_s, schedules[frame])) {
        text += fmt::format("frame {}, {}: {}\n", frame, to_string(violation.rule), violation.message);
      }
    }
    return text;
  }

  Stream stream;

 private:
  static std::vector<Schedule> collect(const std::function<void(const FrameVisitor&)>& run) {
    std::vector<Schedule> schedules;
    run([&](std::size_t frame, const Schedule& schedule) {
      ASSERT_EQ(frame, schedules.size());
      schedules.push_back(schedule);
    });
    return schedules;
  }

  System system_;
  std::vector<std::unique_ptr<Workload>> workloads_;
  std::vector<std::unique_ptr<Problem>> problems_;
};

void expect_same_bits(const Schedule& one, const Schedule& other) {
  ASSERT_EQ(one.activities().size(), other.activities().size());
  for (std::size_t i = 0; i < one.activities().size(); ++i) {
    ASSERT_EQ(one.activities()[i].start_s, other.activities()[i].start_s);
    ASSERT_EQ(one.activities()[i].end_s, other.activities()[i].end_s);
  }
}

void expect_close(const Schedule& one, const Schedule& other, double tolerance_s) {
  ASSERT_EQ(one.activities().size(), other.activities().size());
  for (std::size_t i = 0; i < one.activities().size(); ++i) {
    ASSERT_NEAR(one.activities()[i].start_s, other.activities()[i].start_s, tolerance_s);
    ASSERT_NEAR(one.activities()[i].end_s, other.activities()[i].end_s, tolerance_s);
  }
}

TEST(Stream, OfOneFrameIsTheSingleRunToTheLastBit) {
  Random random(101);
  for (int platform = 0; platform < 20; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(
        folder.write("p.xml", test::random_platform_xml(random, static_cast<int>(draw(random, 1, 8)), true)),
        with_peers());
    for (int i = 0; i < 24; ++i) {
      RandomStream one(random, simulator.platform(), 1, 1,
                       i % 2 == 0 ? Execution::serial : Execution::overlap,
                       i % 4 < 2 ? Activations::host : Activations::direct);
      one.stream.frames.front().arrival_s = 0;
      const StreamPhase& phase = one.stream.phases.front();
      const Mapping mapping = while_loading(phase.mapping, phase.loads);
      const std::vector<Schedule> streamed = one.replayed(simulator);
      ASSERT_EQ(streamed.size(), 1U);
      expect_same_bits(streamed.front(), replay(*phase.problem, mapping, simulator, one.stream.execution));
      if (one.stream.execution == Execution::serial)
        expect_same_bits(one.analytic().front(), analytic_schedule(*phase.problem, mapping));
    }
  }
}

TEST(Stream, FramesAtOnceAreOneRunOfCopies) {
  Random random(102);
  constexpr std::size_t kFrames = 6;
  for (int platform = 0; platform < 20; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(
        folder.write("p.xml", test::random_platform_xml(random, static_cast<int>(draw(random, 1, 8)), true)),
        with_peers());
    for (int i = 0; i < 24; ++i) {
      const Activations activations = i % 4 < 2 ? Activations::host : Activations::direct;
      RandomStream one(random, simulator.platform(), 1, kFrames,
                       i % 2 == 0 ? Execution::serial : Execution::overlap, activations);
      for (StreamFrame& frame : one.stream.frames) frame.arrival_s = 0;
      StreamPhase& phase = one.stream.phases.front();
      phase.loads.clear();
      const Workload copies = test::several_times(phase.problem->workload(), kFrames);
      const Problem problem(copies, one.system(), activations);
      const Schedule all =
          replay(problem, test::several_times(phase.mapping, kFrames), simulator, one.stream.execution);
      const double tolerance_s = 1e-9 * all.latency_s();
      std::size_t at = 0;
      for (const Schedule& frame : one.replayed(simulator)) {
        for (const Activity& activity : frame.activities()) {
          ASSERT_LT(at, all.activities().size());
          ASSERT_NEAR(activity.start_s, all.activities()[at].start_s, tolerance_s)
              << "platform " << platform << " case " << i;
          ASSERT_NEAR(activity.end_s, all.activities()[at++].end_s, tolerance_s);
        }
      }
      ASSERT_EQ(at, all.activities().size());
    }
  }
}

TEST(Stream, ReplayEqualsAnalyticWhereNothingContends) {
  Random random(103);
  for (int platform = 0; platform < 25; ++platform) {
    const test::TemporaryFolder folder;
    const bool direct = platform % 2 == 0;
    const auto fpgas = static_cast<int>(draw(random, 1, 8));
    Simulator simulator(folder.write("p.xml", direct ? test::random_uncontended_xml(random, fpgas)
                                                     : test::random_platform_xml(random, fpgas)),
                        with_peers());
    for (int i = 0; i < 12; ++i) {
      const RandomStream one(random, simulator.platform(), draw(random, 1, 5), 40, Execution::serial,
                             direct ? Activations::direct : Activations::host);
      const std::vector<Schedule> analytic = one.analytic();
      const std::vector<Schedule> replayed = one.replayed(simulator);
      ASSERT_EQ(analytic.size(), 40U);
      ASSERT_EQ(replayed.size(), 40U);
      for (std::size_t frame = 0; frame < analytic.size(); ++frame) {
        expect_close(replayed[frame], analytic[frame], 1e-9 * analytic[frame].latency_s());
        ASSERT_FALSE(HasFatalFailure()) << "platform " << platform << " case " << i << " frame " << frame;
      }
      ASSERT_EQ(one.violations(analytic, Contention::none), "") << "platform " << platform << " case " << i;
      ASSERT_EQ(one.violations(replayed, Contention::none), "") << "platform " << platform << " case " << i;
    }
  }
}

TEST(Stream, ReplayIsNeverFasterThanAnalyticAndAlwaysValidUnderContention) {
  Random random(104);
  int slower = 0;
  for (int platform = 0; platform < 20; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(
        folder.write("p.xml", test::random_platform_xml(random, static_cast<int>(draw(random, 2, 8)), true)),
        with_peers());
    for (int i = 0; i < 12; ++i) {
      const RandomStream one(random, simulator.platform(), draw(random, 1, 5), 25, Execution::serial,
                             i % 2 == 0 ? Activations::host : Activations::direct);
      const std::vector<Schedule> analytic = one.analytic();
      const std::vector<Schedule> replayed = one.replayed(simulator);
      bool is_slower = false;
      for (std::size_t frame = 0; frame < analytic.size(); ++frame) {
        ASSERT_GE(replayed[frame].latency_s(), analytic[frame].latency_s() * (1 - 1e-9));
        is_slower = is_slower || replayed[frame].latency_s() > analytic[frame].latency_s() * (1 + 1e-6);
      }
      slower += is_slower ? 1 : 0;
      ASSERT_EQ(one.violations(replayed, Contention::possible), "")
          << "platform " << platform << " case " << i;
    }
  }
  EXPECT_GT(slower, 100) << "the platforms are meant to contend";
}

TEST(Stream, OverlappedIsValidAndNoSlowerThanSerialWhereNothingContends) {
  Random random(105);
  int faster = 0;
  for (int platform = 0; platform < 30; ++platform) {
    const test::TemporaryFolder folder;
    const bool contended = platform % 2 == 0;
    const auto fpgas = static_cast<int>(draw(random, 1, 8));
    Simulator simulator(folder.write("p.xml", contended ? test::random_platform_xml(random, fpgas, true)
                                                        : test::random_uncontended_xml(random, fpgas)),
                        with_peers());
    for (int i = 0; i < 12; ++i) {
      RandomStream one(random, simulator.platform(), draw(random, 1, 5), 25, Execution::overlap,
                       i % 2 == 0 ? Activations::host : Activations::direct);
      const std::vector<Schedule> overlapped = one.replayed(simulator);
      ASSERT_EQ(overlapped.size(), 25U);
      ASSERT_EQ(one.violations(overlapped, contended ? Contention::possible : Contention::none), "")
          << "platform " << platform << " case " << i;
      if (contended) continue;
      one.stream.execution = Execution::serial;
      const std::vector<Schedule> serial = one.analytic();
      for (std::size_t frame = 0; frame < serial.size(); ++frame)
        ASSERT_LE(overlapped[frame].latency_s(), serial[frame].latency_s() * (1 + 1e-9));
      faster += overlapped.back().latency_s() < serial.back().latency_s() * (1 - 1e-6) ? 1 : 0;
    }
  }
  EXPECT_GT(faster, 100) << "most have something to hide";
}

TEST(Stream, GivesTheSameBitsEachTime) {
  Random random(106);
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::random_platform_xml(random, 5, true));
  Simulator first(file);
  Simulator second(file);
  for (int i = 0; i < 10; ++i) {
    const RandomStream one(random, first.platform(), 3, 30,
                           i % 2 == 0 ? Execution::serial : Execution::overlap);
    const std::vector<Schedule> once = one.replayed(first);
    for (Simulator* simulator : {&first, &second}) {
      const std::vector<Schedule> again = one.replayed(*simulator);
      ASSERT_EQ(again.size(), once.size());
      for (std::size_t frame = 0; frame < once.size(); ++frame) expect_same_bits(again[frame], once[frame]);
    }
  }
}

void shift(std::span<Activity> activities, double seconds) {
  for (Activity& activity : activities) {
    activity.start_s += seconds;
    activity.end_s += seconds;
  }
}

/// Changes one thing of a stream that was right. @returns what, or nothing if there was nothing to change
std::optional<std::string> break_at_random(Random& random, RandomStream& one,
                                           std::vector<Schedule>& schedules,
                                           std::vector<StreamFrame>& frames) {
  const auto frame =
      static_cast<std::size_t>(draw(random, 0, static_cast<std::int64_t>(schedules.size()) - 1));
  const StreamPhase& phase = one.stream.phases[one.stream.frames[frame].phase];
  Schedule& schedule = schedules[frame];
  const auto layer = static_cast<LayerIndex>(draw(random, 0, phase.problem->layers() - 1));
  const double much_s = 1e-3 * schedules.back().latency_s();
  switch (draw(random, 0, 5)) {
    case 0:
      shift(schedule.of(layer), much_s);
      return fmt::format("layer {} of frame {} is later", layer, frame);
    case 1:
      shift(schedule.of(layer), -much_s);
      return fmt::format("layer {} of frame {} is earlier", layer, frame);
    case 2:
      shift(schedule.activities(), chance(random, 0.5) ? much_s : -much_s);
      return fmt::format("frame {} is moved", frame);
    case 3: {
      // What the frame should have brought was there, or it brings what was there.
      const bool loads = is_first_of_phase(one.stream, frame);
      const Mapping other =
          loads ? phase.mapping
                : while_loading(phase.mapping, std::vector<char>(phase.mapping.pinned.size(), 1));
      Schedule changed(*phase.problem, other, one.stream.execution);
      if (changed.activities().size() == schedule.activities().size()) return std::nullopt;
      schedule = std::move(changed);
      return fmt::format("frame {} has other weights to load", frame);
    }
    case 4:
      // Some layer waits for the arrival, or else for the frame before alone.
      frames[frame].arrival_s = schedule.latency_s() + much_s;
      return fmt::format("frame {} arrives when it has ended", frame);
    default:
      schedule.of(layer).back().end_s += much_s;
      return fmt::format("layer {} of frame {} takes longer", layer, frame);
  }
}

TEST(StreamChecker, FindsWhateverIsChanged) {
  Random random(107);
  int broken = 0;
  for (int platform = 0; platform < 10; ++platform) {
    const test::TemporaryFolder folder;
    Simulator simulator(
        folder.write("p.xml", test::random_uncontended_xml(random, static_cast<int>(draw(random, 1, 6)))));
    for (int i = 0; i < 30; ++i) {
      RandomStream one(random, simulator.platform(), draw(random, 1, 3), 8,
                       i % 2 == 0 ? Execution::serial : Execution::overlap);
      const std::vector<Schedule> right = one.replayed(simulator);
      ASSERT_EQ(one.violations(right, Contention::none), "");
      for (int k = 0; k < 10; ++k) {
        std::vector<Schedule> schedules = right;
        std::vector<StreamFrame> frames = one.stream.frames;
        const auto what = break_at_random(random, one, schedules, frames);
        if (!what) continue;
        ++broken;
        ASSERT_NE(one.violations(schedules, Contention::none, frames), "")
            << *what << ", platform " << platform << " case " << i << " " << to_string(one.stream.execution);
      }
    }
  }
  EXPECT_GT(broken, 2000);
}

}  // namespace
}  // namespace h2h
