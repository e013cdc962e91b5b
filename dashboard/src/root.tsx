import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { queries } from "@/api/client";
import { sessionQuery } from "@/api/session";
import { App } from "@/app";
import { isLogin } from "@/first";
import { loaderAt, preload } from "@/loaders";
import { Notices } from "@/ui/notices";

// One route for all: a router of this kind is what can hold somebody back who would lose what is not saved.
const router = createBrowserRouter([{ path: "*", Component: App }], { basename: "/dashboard" });

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the dashboard");
const draw = () =>
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Notices>
          <RouterProvider router={router} />
        </Notices>
      </QueryClientProvider>
    </StrictMode>,
  );

// Both are on their way since `main.ts`. To draw without them first, and then again, would take longer.
const load = loaderAt(window.location.pathname);
const session = isLogin(window.location) ? null : queries.prefetchQuery(sessionQuery);
Promise.allSettled([session, load && preload(load)]).then(draw);
