// SPDX-License-Identifier: Apache-2.0
#include "bare_dispatcher.hpp"

#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <simulation/simgrid_compat.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace h2h::benchmark_support {
namespace {

namespace sg4 = simgrid::s4u;

struct Slot {
  sg4::ActivityPtr activity;
  std::uint32_t waiting = 0;
};

/// Nodes as the program numbers them: the host, then the FPGAs fpga0, fpga1, ...
std::vector<sg4::Host*> nodes_of(const sg4::Engine& engine) {
  std::vector<sg4::Host*> nodes = {engine.host_by_name("host")};
  for (std::size_t i = 0; i + 1 < engine.get_host_count(); ++i)
    nodes.push_back(engine.host_by_name("fpga" + std::to_string(i)));
  return nodes;
}

class Runner {
 public:
  Runner(std::vector<sg4::Host*> nodes, const ReplayProgram& program)
      : nodes_(std::move(nodes)), program_(program), slots_(program.activities.size()) {
    simgrid_compat::on_completion([this](const sg4::Activity& activity) {
      const auto index = static_cast<std::uint32_t>(activity.get_data<Slot>() - slots_.data());
      for (std::uint32_t s = program_.first_successor[index]; s < program_.first_successor[index + 1]; ++s) {
        if (--slots_[program_.successors[s]].waiting == 0) start(program_.successors[s]);
      }
    });
  }

  void run() {
    for (const std::uint32_t successor : program_.successors) ++slots_[successor].waiting;
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].waiting == 0) start(i);
    }
    sg4::Engine::get_instance()->run();
    for (Slot& slot : slots_) slot.activity = nullptr;
  }

 private:
  void start(std::uint32_t index) {
    const ReplayProgram::Activity& activity = program_.activities[index];
    if (activity.from == activity.to) {
      const sg4::ExecPtr exec = sg4::Exec::init();
      exec->set_flops_amount(activity.amount * nodes_[activity.from]->get_speed());
      exec->set_data(&slots_[index]);
      slots_[index].activity = exec;
      exec->set_host(nodes_[activity.from]);
      exec->start();
    } else {
      const sg4::CommPtr comm = sg4::Comm::sendto_init();
      comm->set_payload_size(static_cast<std::uint64_t>(activity.amount));
      comm->set_data(&slots_[index]);
      slots_[index].activity = comm;
      comm->set_source(nodes_[activity.from]);
      comm->set_destination(nodes_[activity.to]);
      if (comm->get_state() != sg4::Activity::State::STARTED) comm->start();
    }
  }

  std::vector<sg4::Host*> nodes_;
  const ReplayProgram& program_;
  std::vector<Slot> slots_;
};

[[noreturn]] void serve(const std::filesystem::path& platform, const ReplayProgram& program, int request,
                        int reply) {
  std::vector<std::string> words = {"bare", "--log=root.thresh:warning"};
  for (const std::string& setting : simgrid_compat::exact_settings()) words.push_back("--cfg=" + setting);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  auto count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  sg4::Engine engine(&count, arguments.data());
  engine.load_platform(platform.string());
  engine.seal_platform();
  Runner runner(nodes_of(engine), program);
  char word = 0;
  while (::read(request, &word, 1) == 1) {
    const auto begin = std::chrono::steady_clock::now();
    runner.run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (::write(reply, &seconds, sizeof seconds) != sizeof seconds) break;
  }
  ::_exit(0);
}

}  // namespace

BareDispatcher::BareDispatcher(const std::filesystem::path& platform, const ReplayProgram& program) {
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  if (::pipe(to_child.data()) != 0 || ::pipe(from_child.data()) != 0) throw std::runtime_error("no pipe");
  child_ = ::fork();
  if (child_ == 0) {
    ::close(to_child[1]);
    ::close(from_child[0]);
    serve(platform, program, to_child[0], from_child[1]);
  }
  ::close(to_child[0]);
  ::close(from_child[1]);
  request_ = to_child[1];
  reply_ = from_child[0];
}

BareDispatcher::~BareDispatcher() {
  ::close(request_);
  ::close(reply_);
  int status = 0;
  ::waitpid(child_, &status, 0);
}

double BareDispatcher::run() {
  const char word = 'r';
  double seconds = 0;
  if (::write(request_, &word, 1) != 1 || ::read(reply_, &seconds, sizeof seconds) != sizeof seconds) {
    throw std::runtime_error("the bare dispatcher is gone");
  }
  return seconds;
}

}  // namespace h2h::benchmark_support
