// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/process.hpp"
#include "world.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace assay::machine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Guests : public World {};

// gtest's ASSERT_* return, which a coroutine cannot.
#define CO_ASSERT_TRUE(value)                  \
  if (!(value)) {                              \
    ADD_FAILURE() << #value << " is not true"; \
    co_return;                                 \
  }
#define CO_ASSERT_OK(result)                  \
  if (!(result)) {                            \
    ADD_FAILURE() << (result).error().text(); \
    co_return;                                \
  }

/// Prints what a step took: the figures that the trial's overhead is made of.
class Stopwatch {
 public:
  void lap(const char* step) {
    const auto now = Clock::now();
    std::cout << "  " << step << ": " << human(std::chrono::duration_cast<Nanoseconds>(now - last_)) << "\n";
    last_ = now;
  }

 private:
  Clock::time_point last_ = Clock::now();
};

std::string cpus_allowed(const std::string& process) {
  const auto text = read_file("/proc/" + process + "/status");
  const std::string key = "Cpus_allowed_list:";
  const auto at = text ? text->find(key) : std::string::npos;
  return at == std::string::npos ? "unknown" : text->substr(at, text->find('\n', at) - at);
}

Task<> expect_hello(Guest& guest) {
  auto channel = co_await guest.open_channel();
  CO_ASSERT_OK(channel);
  std::array<char, 64> bytes{};
  const auto [error, length] = co_await channel->async_read_some(asio::buffer(bytes), noexcept_awaitable);
  EXPECT_FALSE(error) << error.message();
  EXPECT_GT(length, 0U) << "the agent says hello first";
}

Task<> expect_progress(Guest& guest) {
  const auto before = co_await guest.vcpu_time();
  CO_ASSERT_OK(before);
  const auto again = co_await guest.inject_nmi();  // the panic it causes keeps a vCPU busy for a while
  CO_ASSERT_OK(again);
  co_await pause_for(milliseconds(500));
  const auto after = co_await guest.vcpu_time();
  CO_ASSERT_OK(after);
  EXPECT_GT(*after, *before);
}

TEST_F(Guests, LiveTheirLife) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    const auto spec = boot(hypervisor, "life <of> \"a\" guest");
    auto console = Follower::open(co_await asio::this_coro::executor, spec.console_log);
    CO_ASSERT_OK(console);
    Stopwatch watch;
    auto guest = co_await hypervisor.create(small_machine(), spec);
    CO_ASSERT_OK(guest);
    watch.lap("create");
    const auto qemus = qemus_of(hypervisor.socket_folder().parent_path());
    CO_ASSERT_TRUE(qemus.size() == 1);
    EXPECT_EQ(cpus_allowed(fmt::to_string(qemus.front())), cpus_allowed("self"))
        << "QEMU must not inherit the pin of the connecting thread";
    CO_ASSERT_TRUE(co_await console_says(*console, "assay-agent: ready"));
    watch.lap("boot to the agent");
    co_await expect_hello(**guest);
    co_await expect_progress(**guest);
    EXPECT_TRUE(co_await console_says(*console, "NMI"));
    watch.lap("channel, NMI");
    const auto destroyed = co_await (*guest)->destroy();
    EXPECT_TRUE(destroyed) << destroyed.error().text();
    watch.lap("destroy");
    EXPECT_TRUE(qemus_of(hypervisor.socket_folder().parent_path()).empty());
    EXPECT_TRUE(co_await (*guest)->destroy()) << "destroy() twice does no harm";
  });
}

TEST_F(Guests, PowerOffIsNoticed) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    auto spec = boot(hypervisor, "power-off");
    spec.kernel_arguments = "assay.exit";
    auto guest = co_await hypervisor.create(small_machine(), spec);
    CO_ASSERT_OK(guest);
    const auto end = co_await with_deadline(minutes(2), "power off", (*guest)->wait_end());
    CO_ASSERT_OK(end);
    EXPECT_NE(end->find("powered off"), std::string::npos) << *end;
    EXPECT_TRUE(co_await (*guest)->destroy());
  });
}

TEST_F(Guests, DieWithTheirObject) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    auto guest = co_await hypervisor.create(small_machine(), boot(hypervisor, "dropped"));
    CO_ASSERT_OK(guest);
    guest->reset();
    EXPECT_TRUE(qemus_of(hypervisor.socket_folder().parent_path()).empty());
  });
}

TEST_F(Guests, OneNameServesAgainAfterDestroy) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    for (int round = 0; round < 3; ++round) {
      auto guest = co_await hypervisor.create(small_machine(), boot(hypervisor, "again"));
      CO_ASSERT_OK(guest);
      EXPECT_TRUE(co_await (*guest)->destroy());
    }
  });
}

TEST_F(Guests, ThatCannotStartSayWhy) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    auto spec = boot(hypervisor, "no-kernel");
    spec.kernel = folder_ / "no such kernel";
    const auto begin = Clock::now();
    const auto missing = co_await hypervisor.create(small_machine(), spec);
    EXPECT_LT(Clock::now() - begin, seconds(20)) << "libvirt must not wait for a zombie";
    CO_ASSERT_TRUE(!missing);
    EXPECT_EQ(missing.error().kind(), Failure::infrastructure);
    EXPECT_NE(missing.error().text().find("no such kernel"), std::string::npos) << missing.error().text();
    auto machine = small_machine();
    machine.cpu = "quantum";
    const auto unknown = co_await hypervisor.create(machine, boot(hypervisor, "no-cpu"));
    CO_ASSERT_TRUE(!unknown);
    EXPECT_NE(unknown.error().text().find("quantum"), std::string::npos) << unknown.error().text();
    EXPECT_TRUE(qemus_of(hypervisor.socket_folder().parent_path()).empty());
  });
}

TEST_F(Guests, TooLongASocketPathIsAnErrorAtOnce) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    auto spec = boot(hypervisor, "long");
    spec.channel_socket = folder_ / std::string(120, 's');
    const auto guest = co_await hypervisor.create(small_machine(), spec);
    CO_ASSERT_TRUE(!guest);
    EXPECT_NE(guest.error().text().find("107 bytes"), std::string::npos) << guest.error().text();
  });
}

TEST_F(Guests, WhoseCreationIsGivenUpDoNotStay) {
  fs::path root;
  play([this, &root](Hypervisor& hypervisor) -> Task<> {
    root = hypervisor.socket_folder().parent_path();
    const auto given_up = co_await with_deadline(
        milliseconds(20), "creating", hypervisor.create(small_machine(), boot(hypervisor, "unwanted")));
    EXPECT_FALSE(given_up);
  });
  EXPECT_TRUE(qemus_of(root).empty());
}

TEST_F(Guests, CommandLineIsQemus) {
  play([this](Hypervisor& hypervisor) -> Task<> {
    const auto spec = boot(hypervisor, "dry");
    const auto line = co_await hypervisor.command_line(domain_xml(small_machine(), spec, Accel::tcg));
    CO_ASSERT_OK(line);
    for (const auto& part : {std::string("qemu-system-x86_64"), kernel_.string(), std::string("-accel tcg"),
                             std::string("qboot.rom"), std::string(channel_port_name)}) {
      EXPECT_NE(line->find(part), std::string::npos) << part << " is missing in " << *line;
    }
  });
}

TEST_F(Guests, AutomaticIsProvenOnceAndRemembered) {
  fs::remove(options().cache_directory / "accel.json");
  Hypervisor::AccelChoice first;
  play([&first](Hypervisor& hypervisor) -> Task<> {
    Stopwatch watch;
    first = co_await hypervisor.choose_accel(Arch::x86_64);
    watch.lap("proof");
    EXPECT_FALSE(first.why.empty());
    std::cout << "  " << (first.accel == Accel::kvm ? "kvm" : "tcg") << ": " << first.why << "\n";
    EXPECT_TRUE(qemus_of(hypervisor.socket_folder().parent_path()).empty())
        << "the trial guest must not stay";
  });
  play([&first](Hypervisor& hypervisor) -> Task<> {
    const auto begin = Clock::now();
    const auto second = co_await hypervisor.choose_accel(Arch::x86_64);
    EXPECT_LT(Clock::now() - begin, seconds(1));
    EXPECT_EQ(second.accel, first.accel);
    EXPECT_EQ(second.why, first.why);
  });
}

TEST_F(Guests, OfTwoProcessesDoNotDisturbEachOther) {
  asio::io_context io;
  std::array<ProcessEnd, 2> ends{};
  asio::co_spawn(io, run_child("Guests.PowerOffIsNoticed", folder_, ends[0]), asio::detached);
  asio::co_spawn(io, run_child("Guests.LiveTheirLife", folder_, ends[1]), asio::detached);
  io.run();
  EXPECT_TRUE(ends[0].ok()) << ends[0].text();
  EXPECT_TRUE(ends[1].ok()) << ends[1].text();
}

}  // namespace
}  // namespace assay::machine
