// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/libvirt_guest.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <libvirt/libvirt-qemu.h>

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace assay::machine {
namespace {

constexpr auto call_limit = std::chrono::seconds(20);
constexpr auto channel_limit = std::chrono::seconds(10);

Task<Result<bool>> connect_to(ChannelSocket& socket, std::filesystem::path path) {
  const auto [error] = co_await socket.async_connect(path.string(), noexcept_awaitable);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot connect to the guest's channel {}: {}", path.string(),
                   error.message());
  }
  co_return true;
}

/// The end of QEMU's log, without libvirt's own lines.
std::string last_words(const fs::path& log) {
  const auto text = log.empty() ? Result<std::string>(std::string()) : read_file(log);
  std::string words;
  if (text) {
    for (const auto line : split(*text, '\n')) {
      if (line.starts_with("qemu") || line.starts_with("Could not") ||
          line.find("error") != std::string_view::npos) {
        words += (words.empty() ? "" : "; ") + printable(trimmed(line));
      }
    }
  }
  constexpr std::size_t longest = 500;
  return words.size() > longest ? words.substr(words.size() - longest) : words;
}

class LibvirtGuest final : public Guest {
 public:
  LibvirtGuest(GuestHome home, Domain domain, std::optional<int> pid, fs::path socket, fs::path log)
      : home_(std::move(home)),
        domain_(std::move(domain)),
        pid_(pid),
        socket_(std::move(socket)),
        log_(std::move(log)) {}
  LibvirtGuest(const LibvirtGuest&) = delete;
  LibvirtGuest& operator=(const LibvirtGuest&) = delete;
  LibvirtGuest(LibvirtGuest&&) = delete;
  LibvirtGuest& operator=(LibvirtGuest&&) = delete;
  ~LibvirtGuest() override { kill_qemu(); }

  Task<Result<ChannelSocket>> open_channel() override {
    ChannelSocket socket(co_await asio::this_coro::executor);
    auto connected = co_await with_deadline(channel_limit, "connecting to the guest's channel",
                                            connect_to(socket, socket_));
    if (!connected) {
      co_return connected.error();
    }
    co_return socket;
  }

  Task<Result<Nanoseconds>> vcpu_time() override {
    auto call = [domain = domain_]() -> Result<Nanoseconds> {
      virDomainInfo info{};
      if (virDomainGetInfo(domain.get(), &info) != 0) {
        return libvirt_error("read the guest's CPU time");
      }
      return Nanoseconds(static_cast<std::int64_t>(info.cpuTime));
    };
    return on_pool(home_.pool, call_limit, "reading the guest's CPU time", std::move(call));
  }

  Task<Status> pause() override {
    auto call = [domain = domain_]() -> Status {
      return virDomainSuspend(domain.get()) == 0 ? Status() : libvirt_error("stop the guest's vCPUs");
    };
    return on_pool(home_.pool, call_limit, "stopping the guest's vCPUs", std::move(call));
  }

  Task<Status> inject_nmi() override {
    auto call = [domain = domain_]() -> Status {
      return virDomainInjectNMI(domain.get(), 0) == 0 ? Status() : libvirt_error("send an NMI to the guest");
    };
    return on_pool(home_.pool, call_limit, "sending an NMI to the guest", std::move(call));
  }

  Task<Result<std::string>> registers() override {
    auto call = [domain = domain_]() -> Result<std::string> {
      char* text = nullptr;
      if (virDomainQemuMonitorCommand(domain.get(), "info registers -a", &text,
                                      VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) != 0) {
        return libvirt_error("read the guest's registers");
      }
      std::string result(text);
      // The monitor writes for a terminal (monitor_puts() in monitor/monitor.c, QEMU 7.2).
      std::erase(result, '\r');
      std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's contract
      return result;
    };
    return on_pool(home_.pool, call_limit, "reading the guest's registers", std::move(call));
  }

  Task<Result<std::string>> wait_end() override {
    if (!pid_) {
      std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
      virDomainGetUUIDString(domain_.get(), uuid.data());
      std::string name(uuid.data());
      co_await home_.stopped(std::move(name));
      co_return std::string("the guest stopped");
    }
    if (auto ended = co_await wait_for_exit(*pid_); !ended && ended.error().kind() == Failure::interrupted) {
      co_return ended.error();
    }
    const auto words = last_words(log_);
    co_return words.empty() ? std::string("the guest powered off, or was reset") : "QEMU ended: " + words;
  }

  Task<Status> destroy() override {
    if (std::exchange(destroyed_, true)) {
      co_return Status();
    }
    if (pid_) {
      // libvirt's own way asks, polls and waits 200 ms at least (virProcessKillPainfullyDelay() in
      // src/util/virprocess.c, 9.0). It notices the end by itself and tidies up.
      kill_qemu();
      co_return Status();
    }
    auto call = [domain = domain_]() -> Status {
      if (virDomainDestroy(domain.get()) == 0) {
        return {};
      }
      const auto* error = virGetLastError();
      const bool gone =
          error != nullptr && (error->code == VIR_ERR_NO_DOMAIN || error->code == VIR_ERR_OPERATION_INVALID);
      return gone ? Status() : libvirt_error("destroy the guest");
    };
    co_return co_await on_pool(home_.pool, call_limit, "destroying the guest", std::move(call));
  }

 private:
  void kill_qemu() {
    if (!pid_) {
      return;
    }
    if (::waitpid(*pid_, nullptr, WNOHANG) == 0) {  // else it is gone, and its number may be another's
      ::kill(*pid_, SIGKILL);
    }
    // Ours to reap: this process is the subreaper of what libvirt daemonises. A killed QEMU is gone within
    // milliseconds.
    while (::waitpid(*pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_.reset();
  }

  GuestHome home_;
  Domain domain_;
  std::optional<int> pid_;
  fs::path socket_;
  fs::path log_;
  bool destroyed_ = false;
};

}  // namespace

std::unique_ptr<Guest> create_libvirt_guest(GuestHome home, Domain domain, std::optional<int> pid,
                                            fs::path channel_socket, fs::path log) {
  return std::make_unique<LibvirtGuest>(std::move(home), std::move(domain), pid, std::move(channel_socket),
                                        std::move(log));
}

}  // namespace assay::machine
