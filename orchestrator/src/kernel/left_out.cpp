// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/left_out.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace assay::kernel {

const std::vector<std::string>& left_out_patterns() {
  static const std::vector<std::string> patterns = {
      "*/arch/alpha/*.[chS]",
      "*/arch/arc/*.[chS]",
      "*/arch/arm/*.[chS]",
      "*/arch/arm64/*.[chS]",
      "*/arch/csky/*.[chS]",
      "*/arch/hexagon/*.[chS]",
      "*/arch/loongarch/*.[chS]",
      "*/arch/m68k/*.[chS]",
      "*/arch/microblaze/*.[chS]",
      "*/arch/mips/*.[chS]",
      "*/arch/nios2/*.[chS]",
      "*/arch/openrisc/*.[chS]",
      "*/arch/parisc/*.[chS]",
      "*/arch/powerpc/*.[chS]",
      "*/arch/riscv/*.[chS]",
      "*/arch/s390/*.[chS]",
      "*/arch/sh/*.[chS]",
      "*/arch/um/*.[chS]",
      "*/arch/xtensa/*.[chS]",
      "*/Documentation/*.*",
      "*/samples/*.[chS]",
      "*/sound/*.[chS]",
      "*/tools/perf/*",
      "*/tools/power/*",
      "*/tools/testing/*",
      "*/drivers/accel/*.[chS]",
      "*/drivers/clk/*/*.[chS]",
      "*/drivers/comedi/*.[chS]",
      "*/drivers/crypto/*/*.[chS]",
      "*/drivers/gpu/*.[chS]",
      "*/drivers/hwmon/*.[chS]",
      "*/drivers/i2c/*/*.[chS]",
      "*/drivers/iio/*.[chS]",
      "*/drivers/infiniband/*.[chS]",
      "*/drivers/input/joystick/*.[chS]",
      "*/drivers/input/misc/*.[chS]",
      "*/drivers/input/tablet/*.[chS]",
      "*/drivers/input/touchscreen/*.[chS]",
      "*/drivers/isdn/*.[chS]",
      "*/drivers/media/*.[chS]",
      "*/drivers/mmc/*.[chS]",
      "*/drivers/mtd/*.[chS]",
      "*/drivers/net/*/*.[chS]",
      "*/drivers/phy/*.[chS]",
      "*/drivers/pinctrl/*/*.[chS]",
      "*/drivers/platform/*/*.[chS]",
      "*/drivers/regulator/*.[chS]",
      "*/drivers/s390/*.[chS]",
      "*/drivers/scsi/*/*.[chS]",
      "*/drivers/soc/*.[chS]",
      "*/drivers/spi/*.[chS]",
      "*/drivers/staging/*.[chS]",
      "*/drivers/usb/*/*.[chS]",
      "*.dts",
      "*.dtsi",
      "*.dtso",
  };
  return patterns;
}

std::string left_out_for_git() {
  // There "*" stops at a "/", and "**" does not.
  std::string text;
  for (auto pattern : left_out_patterns()) {
    if (pattern.starts_with("*/")) {
      pattern.erase(0, 1);
      for (auto at = pattern.find("/*/"); at != std::string::npos; at = pattern.find("/*/", at + 5)) {
        pattern.replace(at, 3, "/*/**/");
      }
      const auto last = pattern.rfind('/');
      if (!pattern.substr(0, last).ends_with("/**")) {
        pattern.insert(last, "/**");
      }
    }
    text += pattern + "\n";
  }
  return text;
}

bool is_left_out(std::string_view file) {
  const auto path = "linux/" + std::string(file);
  const auto& patterns = left_out_patterns();
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
  });
}

}  // namespace assay::kernel
