// SPDX-License-Identifier: Apache-2.0
#include <h2h/stream/stream.hpp>

#include <algorithm>

#include <h2h/base/error.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>

#include "frame_plan.hpp"

namespace h2h {

bool is_first_of_phase(const Stream& stream, std::size_t frame) {
  return frame == 0 || stream.frames[frame].phase != stream.frames[frame - 1].phase;
}

void analytic_stream(const Stream& stream, const FrameVisitor& visit) {
  if (stream.execution != Execution::serial) {
    throw Error(ErrorKind::usage,
                "the analytic evaluator knows serial execution only, and the stream's is overlapped",
                "replay the stream, or run it serially");
  }
  FramePlan plan(stream);
  AnalyticFrames frames;
  for (std::size_t frame = 0; frame < stream.frames.size(); ++frame) {
    if (plan.next()) frames.run_by(plan.problem(), plan.mapping());
    frames.run(plan.frame().arrival_s, plan.schedule());
    visit(frame, plan.schedule());
  }
}

void replay_stream(const Stream& stream, Simulator& simulator, const FrameVisitor& visit) {
  StreamProgram program;
  program.frames.reserve(stream.frames.size());
  FramePlan compiled(stream);
  while (program.frames.size() < stream.frames.size()) {
    if (compiled.next())
      program.programs.push_back(compile_frame(compiled.problem(), compiled.mapping(), compiled.schedule()));
    program.frames.push_back(
        {static_cast<std::uint32_t>(program.programs.size() - 1), compiled.frame().arrival_s});
  }
  FramePlan shown(stream);
  simulator.stream(program, [&](std::size_t frame, const ReplayTimes& times) {
    shown.next();
    set_times(shown.schedule(), times);
    visit(frame, shown.schedule());
  });
}

}  // namespace h2h
