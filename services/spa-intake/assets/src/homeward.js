// The interface works without this script; it adds the design system's behaviour and live cells.
import { initAll } from "nhsuk-frontend";

initAll();
