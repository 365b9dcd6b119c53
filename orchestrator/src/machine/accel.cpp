// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/accel.hpp"

#include "base/files.hpp"
#include "base/follower.hpp"
#include "base/hash.hpp"

#include <nlohmann/json.hpp>

#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace assay::machine {
namespace {

using Choice = Hypervisor::AccelChoice;
constexpr auto proof_limit = std::chrono::seconds(10);

/// Changes when the answer could: another host, host kernel or QEMU.
std::string host_key(Arch arch) {
  utsname name{};
  ::uname(&name);
  Hasher hasher;
  hasher.add("kernel", fmt::format("{} {} {}", name.nodename, name.release, name.version));
  hasher.add("arch", name_of(arch));
  const auto cpu = read_file("/proc/cpuinfo");
  hasher.add("cpu", cpu ? cpu->substr(0, cpu->find("cpu MHz")) : "");
  std::error_code error;
  hasher.add("qemu", fmt::to_string(fs::file_size(qemu_binary(arch), error)));
  const auto changed = fs::last_write_time(qemu_binary(arch), error).time_since_epoch();
  hasher.add("qemu of", fmt::to_string(changed.count()));
  return hasher.finish().substr(0, 16);
}

std::optional<Choice> remembered(const fs::path& file, const std::string& key) {
  const auto text = read_file(file);
  const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!json.is_object() || !json.contains(key) || !json[key].is_object()) {
    return std::nullopt;
  }
  return Choice{json[key].value("accel", "tcg") == "kvm" ? Accel::kvm : Accel::tcg,
                json[key].value("why", "decided earlier")};
}

void remember(const fs::path& file, const std::string& key, const Choice& choice) {
  const auto text = read_file(file);
  auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!json.is_object()) {
    json = nlohmann::json::object();
  }
  json[key] = {{"accel", choice.accel == Accel::kvm ? "kvm" : "tcg"}, {"why", choice.why}};
  const auto written = write_file(file, json.dump(2) + "\n");
  (void)written;  // a cache: the next run proves it again
}

/// "failed to set MSR 0x10a", "Could not access KVM kernel module".
bool blames_kvm(std::string_view text) {
  return text.find("KVM") != std::string_view::npos || text.find("kvm_") != std::string_view::npos ||
         text.find("MSR") != std::string_view::npos;
}

Task<Result<std::string>> first_console_text(Follower& follower) { co_return co_await follower.more(); }

/// What a trial boot says. Error: infrastructure, when none could be made: nothing is proven either way.
Task<Result<Choice>> prove(Hypervisor& hypervisor, Arch arch, const LibvirtOptions& options) {
  MachineSpec machine;
  machine.name = "kvm-proof";
  machine.arch = arch;
  machine.accel = Accel::kvm;
  machine.vcpus = 1;
  machine.memory = mib(256);
  BootSpec boot;
  boot.guest = "kvm-proof";
  boot.kernel = options.proof_kernel;
  boot.initramfs = options.proof_initramfs;
  boot.kernel_arguments = "assay.exit";
  boot.console_log = hypervisor.socket_folder() / "kvm-proof.log";
  boot.channel_socket = hypervisor.socket_folder() / "kvm-proof.sock";
  auto follower = Follower::open(co_await asio::this_coro::executor, boot.console_log);
  if (!follower) {
    co_return follower.error();
  }
  // Makes libvirt probe QEMU, which has nothing to do with KVM: whatever fails from here on is KVM's doing.
  if (auto probed = co_await hypervisor.command_line(domain_xml(machine, boot, Accel::kvm)); !probed) {
    co_return probed.error();
  }
  auto guest = co_await hypervisor.create(machine, boot);
  if (!guest) {
    const std::string text = guest.error().text();
    if (!blames_kvm(text)) {
      co_return guest.error();  // no memory, say: another time it may start
    }
    co_return Choice{Accel::tcg, "QEMU does not start with KVM: " + text.substr(0, text.find('\n'))};
  }
  auto text = co_await with_deadline(proof_limit, "KVM trial boot", first_console_text(*follower));
  const bool ran = text && !text->empty();
  if (auto destroyed = co_await (*guest)->destroy(); !destroyed) {
    co_return destroyed.error();
  }
  co_return ran
      ? Choice{Accel::kvm, "a trial guest booted on it"}
      : Choice{Accel::tcg, "/dev/kvm opens, but a trial guest printed nothing within " + human(proof_limit)};
}

}  // namespace

Task<Choice> decide_accel(Hypervisor& hypervisor, Arch arch, const LibvirtOptions& options) {
  if (arch != Arch::x86_64) {
    co_return Choice{Accel::tcg, fmt::format("{} guests are always emulated on this host", name_of(arch))};
  }
  if (!options.uri.empty()) {
    co_return Choice{Accel::tcg, "KVM is not proven on a remote host; set accel = \"kvm\" to use it"};
  }
  if (::access("/dev/kvm", R_OK | W_OK) != 0) {
    co_return Choice{Accel::tcg, "/dev/kvm cannot be opened: " + errno_text(errno)};
  }
  const auto key = host_key(arch);
  const auto file = options.cache_directory / "accel.json";
  if (auto known = remembered(file, key)) {
    co_return std::move(*known);
  }
  if (options.proof_kernel.empty()) {
    co_return Choice{Accel::tcg, "KVM was not tried yet: no kernel is built"};
  }
  auto choice = co_await prove(hypervisor, arch, options);
  if (!choice) {
    co_return Choice{Accel::tcg, "a KVM guest could not be tried: " + choice.error().text()};
  }
  remember(file, key, *choice);
  co_return std::move(*choice);
}

}  // namespace assay::machine
