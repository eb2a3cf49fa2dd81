// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include "../simulation/child_process.hpp"

namespace h2h {

static void to_json(nlohmann::json& json, const PointRunner::Warning& warning) {
  json = {warning.kind, warning.text};
}

static void from_json(const nlohmann::json& json, PointRunner::Warning& warning) {
  warning = {json.at(0).get<std::string>(), json.at(1).get<std::string>()};
}

namespace {

/// Answers one request. Errors that are not ours come from plug-ins.
nlohmann::json answer(PointRunner& runner, Study::PointIndex point) {
  try {
    const PointRunner::Outcome outcome = runner.run(point);
    return {{"row", outcome.row}, {"warnings", outcome.warnings}};
  } catch (const Error& error) {
    return {{"error", as_json(error)}};
  } catch (const std::exception& failure) {
    return {{"error", as_json(Error(ErrorKind::internal, failure.what(),
                                    "this is a defect of h2h-sim or of a plug-in; please report it"))}};
  }
}

[[noreturn]] void live_as_worker(Channel& channel, PointRunner& runner) {
  try {
    for (;;) {
      const auto point = channel.receive<Study::PointIndex>();
      send_json(channel, answer(runner, point));
    }
  } catch (const boost::system::system_error&) {
    leave(0);  // the work is done, or whoever wanted it is gone
  } catch (...) {
    leave(1);
  }
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

struct WorkerPool::Worker {
  Channel channel;
  pid_t id = -1;
  std::optional<Study::PointIndex> point;  ///< that it runs

  explicit Worker(PointRunner& runner) {
    // The child must not write out again what stands in buffers of the parent.
    static_cast<void>(std::fflush(nullptr));
    id = channel.fork();
    if (id < 0) throw Error(ErrorKind::internal, "no further process can be started for a sweep");
    if (id == 0) live_as_worker(channel, runner);
  }
  ~Worker() {
    if (id < 0) return;
    channel.shut_down();
    // What it is at nobody waits for any more.
    if (point) static_cast<void>(::kill(id, SIGKILL));
    wait_for(id, nullptr);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Waits for a worker that has died. @returns what ended it
  std::string bury() {
    int status = 0;
    const bool known = wait_for(std::exchange(id, -1), &status);
    return known ? describe_end(status) : "an unknown cause";
  }
};

WorkerPool::WorkerPool(PointRunner& runner, std::size_t workers) : runner_(runner) {
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>(runner_));
}

WorkerPool::~WorkerPool() = default;

bool WorkerPool::give_work(std::size_t worker, PointQueue& queue) {
  const auto point = queue.next(worker);
  if (!point) return false;
  workers_[worker]->point = point;
  try {
    workers_[worker]->channel.send(*point);
  } catch (const boost::system::system_error&) {
    // It has died meanwhile, which is found when its answer is read.
  }
  return true;
}

WorkerPool::Report WorkerPool::receive(std::size_t worker) {
  Report report;
  report.point = *workers_[worker]->point;
  try {
    const nlohmann::json reply = receive_json(workers_[worker]->channel);
    workers_[worker]->point.reset();
    if (reply.contains("error")) {
      report.error = error_from(reply["error"]);
    } else {
      report.outcome = {reply["row"].get<StudyRow>(),
                        reply["warnings"].get<std::vector<PointRunner::Warning>>()};
    }
  } catch (const boost::system::system_error&) {
    report.death = workers_[worker]->bury();
    workers_[worker] = std::make_unique<Worker>(runner_);
  }
  return report;
}

void WorkerPool::run(PointQueue& queue, const std::function<bool(Report)>& report,
                     const std::function<void()>& idle) {
  bool goes_on = true;
  std::size_t at_work = 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) at_work += give_work(i, queue) ? 1 : 0;
  while (at_work > 0) {
    std::vector<pollfd> ends;
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (!workers_[i]->point) continue;
      ends.push_back({workers_[i]->channel.descriptor(), POLLIN, 0});
      owners.push_back(i);
    }
    constexpr int kPatience_ms = 500;
    if (::poll(ends.data(), ends.size(), kPatience_ms) < 0 && errno != EINTR)
      throw Error(ErrorKind::internal, fmt::format("poll: {}", std::strerror(errno)));
    for (std::size_t k = 0; k < ends.size(); ++k) {
      if (ends[k].revents == 0) continue;
      Report one = receive(owners[k]);
      // New work first: the worker need not wait while its result is written.
      if (!goes_on || !give_work(owners[k], queue)) --at_work;
      goes_on = report(std::move(one)) && goes_on;
    }
    idle();
  }
}

}  // namespace h2h
