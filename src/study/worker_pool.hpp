// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <h2h/study/study.hpp>

#include "point_queue.hpp"
#include "point_runner.hpp"

namespace h2h {

/// Processes that run points. SimGrid's engine is one of a process, and a step may crash: what one worker
/// does or suffers touches no other.
class WorkerPool {
 public:
  /// What becomes of a point.
  struct Report {
    Study::PointIndex point = 0;
    std::optional<PointRunner::Outcome> outcome;
    std::optional<Error> error;  ///< what is wrong with its inputs
    std::string death;           ///< what ended its worker, empty if nothing did
  };

  /// Forks the workers. @pre this process has no threads
  /// @param runner is used in the workers, each of which has its own copy
  WorkerPool(PointRunner& runner, std::size_t workers);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Has all points of a queue run.
  /// @param report is called for each as it comes; until it returns false no more points are begun
  /// @param idle is called every now and then
  void run(PointQueue& queue, const std::function<bool(Report)>& report, const std::function<void()>& idle);

 private:
  struct Worker;

  bool give_work(std::size_t worker, PointQueue& queue);
  Report receive(std::size_t worker);

  PointRunner& runner_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace h2h
